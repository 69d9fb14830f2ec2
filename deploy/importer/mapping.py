"""The mapping file (TOML): what the columns of a list are called here, and how its cells are to be read."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from deploy.errors import Trouble
from shared.text import fold

UNDECIDED = "?"
"""Stands in a draft where somebody has to say what a column is."""


class Mapping(BaseModel):
    """What a mapping file says; without one, columns have the names of fields and nothing is replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    delimiter: str | None = None
    list_separators: Annotated[str, StringConstraints(min_length=1, max_length=10)] = ";"
    dates: tuple[str, ...] = ()
    hours_language: Literal["en", "de", "cs", "sk"] | None = None
    texts_language: Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")] | None = None
    """In which language descriptions of HSDS data are written; without it they are left out."""
    external_id_prefix: str = ""
    columns: dict[str, str] = Field(default={}, description="Column: field, or empty to leave it out.")
    constants: dict[str, str] = Field(default={}, description="Field: text where a row's own cell is empty.")
    values: dict[str, dict[str, str]] = Field(default={}, description="Field: what stands there: what is meant.")

    @classmethod
    def read(cls, file: Path) -> "Mapping":
        """The mapping in ``file``. `Trouble` when it is none, or a draft that nobody has finished."""
        try:
            mapping = cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")))
        except OSError as error:
            raise Trouble(f"cannot read {file}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Trouble(f"{file} is no TOML: {error}") from error
        except ValidationError as error:
            wrong = error.errors()[0]
            raise Trouble(f"{file}, {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from error
        if undecided := [column for column, field in mapping.columns.items() if field == UNDECIDED]:
            raise Trouble(
                f"{file} does not say yet what these columns are: {', '.join(undecided)}; "
                'name a field for each, or "" to leave it out'
            )
        return mapping

    @property
    def fields(self) -> Iterator[str]:
        """Every field that it names."""
        yield from filter(None, self.columns.values())
        yield from (*self.constants, *self.values)

    def field_of(self, column: str) -> str:
        """The field that a column fills; empty when it is left out. The column's own name unless the mapping says."""
        wanted = fold(column.strip())
        for name, field in self.columns.items():
            if fold(name.strip()) == wanted:
                return field
        return column.strip().lower()
