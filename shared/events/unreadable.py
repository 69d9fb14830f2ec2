"""What is raised for a record that cannot be understood, by the wire format and by the catalogue."""


class Unreadable(Exception):
    """A record that is no event of ours, and will not become one by trying again.

    ``reason`` is one line for the dead letter. It names headers and fields, never their values: a broken record may
    hold anything.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
