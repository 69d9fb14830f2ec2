"""Which rows are done, in a file beside the list, so that a second run of a long list asks only about the rest."""

from pathlib import Path

from deploy.importer.rows import Row


class Notes:
    """A digest per row that is in at one directory, a line each. What a row says cannot be read from it.

    A digest is made of the row and of the directory's address: a row that was changed since, or another directory, is
    not noted. That a directory was emptied the notes cannot know: `forget` them when a noted center is not there.
    """

    def __init__(self, path: Path | None, directory: str) -> None:
        """The notes kept at ``path``; for this run only, where nothing can be written there or it is None."""
        self._directory = directory
        self._done: set[str] = set()
        self._file = None
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("a+", encoding="ascii", errors="replace")
                self._file.seek(0)
                self._done.update(line.rstrip("\n") for line in self._file)
            except OSError:
                self._file = None

    def has(self, row: Row) -> bool:
        """Whether this very row was done before."""
        return bool(self._done) and row.fingerprint(self._directory) in self._done

    def add(self, row: Row) -> None:
        """Notes that the row is done."""
        digest = row.fingerprint(self._directory)
        if self._file is not None and digest not in self._done:
            self._file.write(f"{digest}\n")
            self._file.flush()
        self._done.add(digest)

    def forget(self) -> None:
        """Begins anew."""
        self._done.clear()
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
