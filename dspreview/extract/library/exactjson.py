"""JSON as the readers of `datasets` parse it, with every digit of its numbers, in any shape.

They are pyarrow, which rounds integers beyond 64 bits, and ujson, which keeps ten digits of a float and makes null of NaN.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any

import datasets
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as paj
from datasets import Value
from datasets.features import features as json_feature
from datasets.packaged_modules.folder_based_builder import folder_based_builder as folder_reader
from datasets.packaged_modules.json import json as json_reader
from datasets.utils import json as json_tools
from datasets.utils.json import ujson_dumps, ujson_loads

from dspreview.arrow.arrays import leaves
from dspreview.extract.depth import DEPTH, is_deep
from dspreview.extract.files.door import CURRENT
from dspreview.extract.library.exact import refuse_columns, with_json_columns, would_be_rounded
from dspreview.extract.longintegers import has_long_integer
from dspreview.models import EXACT_FLOAT

REFUSED = b"null"
"""How data must not begin."""
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""What may be one half of a letter alone, which UTF-8 cannot hold."""


class GuardedJson:
    """pyarrow.json with three faults mended: pyarrow 26.0 ends the process on some JSON that is no table and on some that is
    nested very deep, and it rounds integers beyond 64 bits.
    """

    ReadOptions = paj.ReadOptions

    @staticmethod
    def read_json(source: Any, read_options: Any = None, **options: Any) -> pa.Table:
        """`pyarrow.json.read_json`; columns with integers beyond 64 bits hold JSON. Raises ValueError."""
        data = source.getvalue()
        if data.lstrip().startswith(REFUSED):
            raise ValueError("a row is null, where an object was expected")
        if is_deep(data):
            raise ValueError(f"a value is nested more than {DEPTH:,} levels deep")
        names: list[str] = []
        if (table := as_texts(data, read_options, options)) is not None:
            return table
        if has_long_integer(data):
            table = attempt(data, read_options, options)
            if table is not None and not holds_rounded(table):  # most long integers fit: the ids of messages, say
                refuse_columns(table.num_columns)
                return table
            if (door := CURRENT.get()) is not None:
                door.rounded = table
            data, names = with_big_integers_as_text(data)
        try:
            table = paj.read_json(io.BytesIO(data), read_options=read_options, **options)
        except pa.ArrowInvalid as error:
            if (row := whole_document(data)) is not None:  # of which one field has values of several kinds
                note_beyond_library("one object over several lines, with values of several kinds in a field")
                return pa.table({name: column_of([value]) for name, value in row.items()})
            if "too big to be stored" not in str(error):
                raise
            note_beyond_library("numbers too large for a float")
            rows = [exact_loads(line) for line in data.splitlines() if line.strip()]  # 1e400 is infinite, as for Python
            lines = "\n".join(map(exact_dumps, rows)).encode()
            table = paj.read_json(io.BytesIO(lines), read_options=read_options, **options)
        refuse_columns(table.num_columns)
        return with_json_columns(table, names)


def as_texts(data: bytes, read_options: Any, options: dict[str, Any]) -> pa.Table | None:
    """The same with the columns as text that were text before; None where there are none, or they are not text here."""
    door = CURRENT.get()
    if door is None or not door.texts or has_long_integer(data) or "parse_options" in options:
        return None
    known = paj.ParseOptions(explicit_schema=pa.schema([(name, pa.string()) for name in sorted(door.texts)]))
    table = attempt(data, read_options, options | {"parse_options": known})
    if table is None:
        return None
    refuse_columns(table.num_columns)
    asked = [  # a column that is asked for comes, whether it is there or not
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if column.null_count < len(column) or name not in door.texts or exact_dumps(name).encode() in data
    ]
    return table.select(asked)


def attempt(data: bytes, read_options: Any, options: dict[str, Any]) -> pa.Table | None:
    """What pyarrow makes of a text; None where it refuses it."""
    try:
        return paj.read_json(io.BytesIO(data), read_options=read_options, **options)
    except pa.ArrowInvalid:
        return None


def holds_rounded(table: pa.Table) -> bool:
    """Whether an integer may have been rounded: pyarrow makes floats of those beyond 64 bits, and of those beside floats."""
    return any(is_large(leaf) for column in table.columns for leaf in leaves(column) if pa.types.is_floating(leaf.type))


def is_large(leaf: pa.Array) -> bool:
    """Whether a float stands so far from zero that floats do not tell integers apart there."""
    ends = pc.min_max(leaf.filter(pc.is_finite(leaf)))
    low, high = ends["min"].as_py(), ends["max"].as_py()
    return low is not None and max(-low, high) >= EXACT_FLOAT


def exact_loads(text: Any) -> Any:
    """The value of a JSON text; ujson refuses integers beyond 64 bits, rounds floats, and makes null of NaN."""
    try:
        value = json.loads(text)
        if SURROGATE.search(text if isinstance(text, bytes) else text.encode("utf-8", "replace")):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "ignore"))  # halves are dropped
    except RecursionError as error:
        raise ValueError("a value is nested too deep") from error
    if isinstance(text, bytes) and text.startswith(b"[") and has_long_integer(text):
        note_too_long(text)
    return value


def note_too_long(text: bytes) -> None:
    """Remember where `datasets` does not read a list of rows, for an integer that ujson does not take."""
    try:
        ujson_loads(text)
    except ValueError as error:
        note_beyond_library(f"an integer beyond 64 bits in a list of rows ({error})")


def exact_dumps(value: Any) -> str:
    """The JSON text of a value; ujson keeps ten digits of a float, and makes null of NaN."""
    try:
        return json.dumps(value, separators=(",", ":"), default=lambda rare: ujson_loads(ujson_dumps(rare)))
    except RecursionError as error:
        raise ValueError("a value is nested too deep") from error


def exact_read_json(source: Any, **options: Any) -> pd.DataFrame:
    """`pandas.read_json` of a table, whose values are those that the same rows have as JSON Lines. Raises ValueError."""
    value = exact_loads(source.read())
    columns = columns_of(value)
    if not columns:
        return pandas_read_json(io.StringIO(exact_dumps(value)), **options)
    found = {name: column_of(values) for name, values in columns.items()}
    mixed = [name for name, column in found.items() if isinstance(column.type, pa.JsonType)]
    if mixed and not is_taken(value, options):
        note_beyond_library(f"values of several kinds in {mixed[0]!r}")
    return pd.DataFrame({name: pd.arrays.ArrowExtensionArray(column) for name, column in found.items()})


def is_taken(value: Any, options: dict[str, Any]) -> bool:
    """Whether `datasets` makes a table of a document."""
    try:
        pa.Table.from_pandas(pandas_read_json(io.StringIO(exact_dumps(value)), **options), preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return False
    return True


def whole_document(data: bytes) -> dict[str, Any] | None:
    """The object that is written over several lines; None where lines are rows, or there is something else."""
    head, _, rest = data.lstrip().partition(b"\n")
    if not head.startswith(b"{") or not rest.strip() or is_deep(data):
        return None
    try:
        json.loads(head)
    except ValueError:
        try:
            value = exact_loads(data)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None
    return None


def told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where a key stands in it twice, its last value, which `datasets` refuses."""
    found = dict(pairs)
    if len(found) != len(pairs):
        note_beyond_library("a key that stands twice in an object")
    return found


def note_beyond_library(what: str) -> None:
    """Remember what `load_dataset` refuses and is read here."""
    if (door := CURRENT.get()) is not None:
        door.beyond_library = what


def columns_of(value: Any) -> dict[str, list[Any]]:
    """The columns of a list of objects, or of an object of lists; none where it is something else."""
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        names = dict.fromkeys(name for row in value for name in row)
        return {name: [row.get(name) for row in value] for name in names}
    if isinstance(value, dict) and all(isinstance(one, list) for one in value.values()):
        return value if len({len(one) for one in value.values()}) == 1 else {}
    return {}


def column_of(values: list[Any]) -> pa.ChunkedArray:
    """Some values as the column that pyarrow's JSON reader makes of them; as JSON where they are of several kinds."""
    data = "\n".join(exact_dumps({"x": value}) for value in values).encode()
    try:
        return GuardedJson.read_json(io.BytesIO(data), paj.ReadOptions(block_size=len(data) + 1)).column(0)
    except pa.ArrowInvalid:
        texts = [None if value is None else exact_dumps(value) for value in values]
        return with_json_columns(pa.table({"x": pa.array(texts, pa.string())}), ["x"]).column(0)


def with_big_integers_as_text(data: bytes) -> tuple[bytes, list[str]]:
    """JSON Lines in which each column with an integer beyond 64 bits holds the JSON text of its values, and their names."""
    try:
        rows = [json.loads(line, object_pairs_hook=told_once) for line in data.splitlines() if line.strip()]
    except ValueError:
        return data, []  # for the reader itself to tell
    if not all(isinstance(row, dict) for row in rows):
        return data, []
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    names = [name for name, values in columns.items() if would_be_rounded(values)]
    for row in rows:
        row.update({name: json.dumps(row[name]) for name in names if row.get(name) is not None})
    return b"\n".join(json.dumps(row).encode() for row in rows), names


for module in (json_reader, json_tools, json_feature):
    module.ujson_loads = exact_loads
    module.ujson_dumps = exact_dumps
cast_table = json_reader.Json._cast_table  # noqa: SLF001 - what is replaced is private, and pinned by tests


def cast_exactly(self: Any, table: pa.Table, json_field_paths: Any = ()) -> pa.Table:
    """`_cast_table`, which keeps ten digits of a float where an object is declared to be a text."""
    features = self.info.features if self.info.features is not None else datasets.Features()
    for place, name in enumerate(table.column_names):
        declared = features.get(name)
        if isinstance(table.column(place).type, pa.JsonType) and declared is not None:  # an integer beyond 64 bits
            note_refused(self, json_field_paths, name)
            if not isinstance(declared, Value):
                values = [None if text is None else json.loads(text) for text in table.column(place).to_pylist()]
                kind = features.arrow_schema.field(name).type
                table = table.set_column(place, name, pa.chunked_array([pa.array(values, kind)]))
        if pa.types.is_struct(table.column(place).type) and declared == Value("string"):
            texts = [None if value is None else exact_dumps(value) for value in table.column(place).to_pylist()]
            table = table.set_column(place, name, pa.chunked_array([texts], pa.string()))
    return cast_table(self, table, json_field_paths)


def note_refused(reader: Any, json_field_paths: Any, name: str) -> None:
    """Remember where `datasets` does not cast to the declared types what pyarrow made of integers beyond 64 bits: floats."""
    if (door := CURRENT.get()) is None or door.rounded is None:
        return
    try:
        cast_table(reader, door.rounded, json_field_paths)
    except (pa.ArrowException, ValueError, TypeError) as error:
        note_beyond_library(f"a number beyond {2**63 - 1:,} in {name!r}: {str(error).splitlines()[0]}")


json_reader.Json._cast_table = cast_exactly  # noqa: SLF001 - what is replaced is private, and pinned by tests
pandas_read_json = json_reader.pandas_read_json
json_reader.pandas_read_json = exact_read_json
for module in (json_reader, folder_reader):
    module.paj = GuardedJson
