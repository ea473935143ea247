"""What `datasets` makes of the files of a config: the types of the first rows count for all others, in every split."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dspreview.arrow.openparquet import holds_dictionary
from dspreview.arrow.settled import empty_table
from dspreview.extract.plain import features_of
from dspreview.models import Json

if TYPE_CHECKING:
    from datasets import Features

VERSION = re.compile(r"\d+\.\d+\.\d+")


class Refusal(NamedTuple):
    """Why `datasets` does not load some rows."""

    why: str
    row: int = 0
    """The first of them that it does not take, counted from the beginning of the table."""
    column: str | None = None


class LibraryCasts:
    """The reader of one config, as far as it knows the types: it never learns, it casts."""

    def __init__(self) -> None:
        self.schema: pa.Schema | None = None
        self.first = ""
        """Where the types come from: a file and its split, for messages."""
        self.single: pa.Schema | None = None
        """The types of the table that was read last, where it is of one row."""

    def begin(self, schema: pa.Schema, where: str) -> Refusal | None:
        """Take the types of the first rows; why that fails, where `datasets` has no word for one of them."""
        self.first = where
        if features_of(schema) is not None and not any(map(holds_dictionary, schema.types)):
            self.schema = schema.remove_metadata()  # the library's own types; its import takes 0.6 s
            return None
        from datasets import Features

        try:
            self.schema = Features.from_arrow_schema(schema).arrow_schema
        except Exception as error:  # noqa: BLE001 - whatever it is, `datasets` raises it, too
            return Refusal(first_line(error), column=next(unknown(schema), None))
        why = self.cast(empty_table(schema.remove_metadata()))  # dictionaries of views have no way to be cast
        return None if why is None else Refusal(why)

    def declare(self, features: Features) -> None:
        """Take the types that a README declares."""
        self.first, self.schema = "README.md", features.arrow_schema

    def refusal(self, table: pa.Table) -> Refusal | None:
        """Why rows are not cast to the types that are known; None where they are."""
        if self.schema is None or table.schema.remove_metadata().equals(self.schema):
            return None
        why = self.cast(table)
        if why is None:
            return None
        low, high = 0, table.num_rows  # the rows before `low` are taken, those up to `high` are not
        while high - low > 1:
            middle = (low + high) // 2
            if self.cast(table.slice(low, middle - low)) is None:
                low = middle
            else:
                high = middle
        return Refusal(f"{self.cast(table.slice(low, 1)) or why} (its types are those of {self.first})", low)

    def cast(self, table: pa.Table) -> str | None:
        """What `datasets` raises for a table."""
        assert self.schema is not None
        from datasets.table import CastError, table_cast

        try:
            table_cast(table, self.schema)
        except CastError:
            more = [name for name in table.column_names if name not in self.schema.names]
            missing = [name for name in self.schema.names if name not in table.column_names]
            told = [f"missing {', '.join(missing[:5])}"] * bool(missing) + [f"extra {', '.join(more[:5])}"] * bool(more)
            return f"different columns: {'; '.join(told)}"
        except Exception as error:  # noqa: BLE001 - whatever it is, `datasets` raises it, too
            return self.column_of(table) + first_line(error)
        return None

    def column_of(self, table: pa.Table) -> str:
        """Which column it is, and its two types, where it is one that all files have."""
        assert self.schema is not None
        from datasets.table import table_cast

        for field in table.schema:
            place = self.schema.get_field_index(field.name)
            if place < 0 or field.type == self.schema.field(place).type:
                continue
            try:
                table_cast(table.select([field.name]), pa.schema([self.schema.field(place)]))
            except Exception:  # noqa: BLE001 - whatever it is, `datasets` raises it, too: it is told for the whole table
                return f"{field.name} is {field.type} here, not {self.schema.field(place).type}: "
        return ""

    def unlike_single(self, table: pa.Table) -> Refusal | None:
        """Why tables of one row each are not loaded: `datasets` joins such as they are, and casts larger ones."""
        schema = table.schema.remove_metadata()
        before, self.single = self.single, schema if table.num_rows == 1 else None
        if before is None or self.single is None or schema.equals(before):
            return None
        for one, other in zip(before, schema, strict=False):
            if one != other:
                return Refusal(
                    f"files of one row each, of which one has {one.name} ({one.type}) and the next {other.name} ({other.type}), are not joined"
                )
        return Refusal("files of one row each with other columns are not joined")

    def first_refusal(self, tables: Iterable[pa.Table]) -> Refusal | None:
        """The first of some tables that is refused, with the row counted through all of them."""
        seen = 0
        for table in tables:
            if (found := self.refusal(table)) is not None:
                return found._replace(row=seen + found.row)
            seen += table.num_rows
        return None


def unknown(schema: pa.Schema) -> Iterator[str]:
    """The columns of types that `datasets` has no word for."""
    from datasets import Features

    for field in schema:
        try:
            len(Features.from_arrow_schema(pa.schema([field])).arrow_schema)
        except Exception:  # noqa: BLE001 - whatever it is, `datasets` raises it, too: it is told for the whole schema
            yield field.name


def first_line(error: Exception) -> str:
    """What an exception says, in a line."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    if lines[0] == "Couldn't cast":  # the two schemas follow, and at last why
        return lines[-1].removeprefix("because ")
    return lines[0]


def readme_refusal(card: dict[str, Json]) -> str | None:
    """Why `datasets` does not take the configs of a README; None where it does."""
    if not {"configs", "dataset_info"} & set(card):
        return None
    from datasets.data_files import sanitize_patterns
    from datasets.info import DatasetInfosDict
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCardData

    try:
        data = DatasetCardData(**copy.deepcopy(card))
        DatasetInfosDict.from_dataset_card_data(data)
        configs = MetadataConfigs.from_dataset_card_data(data)
        configs.get_default_config_name()
        for params in configs.values():
            if params.get("data_files") is not None:
                sanitize_patterns(params["data_files"])
            if not isinstance(params.get("data_dir") or "", str):
                return f"data_dir must be text, and is {params['data_dir']!r}"
            if not isinstance(version := params.get("version") or "0.0.0", str) or not VERSION.fullmatch(version):
                return f"version must be text such as '1.0.0', and is {version!r}"
            if "data_files" in params and params["data_files"] is None:
                return "data_files says nothing; remove the line, or name the files"
    except Exception as error:  # noqa: BLE001 - whatever it is, `datasets` raises it, too
        return first_line(error)
    return None
