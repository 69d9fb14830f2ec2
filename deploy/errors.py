"""What goes wrong for reasons outside this program, said in one line."""


class Trouble(Exception):
    """Something the person at the keyboard can change: a busy port, a missing program, an engine that is down.

    The message is one line that says what is wrong and what to do. The `mine` command prints it and exits with 2.
    """
