"""What a statement may be: one SELECT over the views, judged by its parsed tree and not by its text.

DuckDB is locked as well (`dspreview.query.engine.engine`): what slipped through here would still reach no file, setting or network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from dspreview.errors import UsageError
from dspreview.models import Json
from dspreview.query.language.tokens import mistake
from dspreview.suggestions import did_you_mean

if TYPE_CHECKING:
    import duckdb

PIVOT = re.compile(r"\bpivot", re.IGNORECASE)
LINE = re.compile(r"LINE (\d+): ")
"""How DuckDB begins the line that it points into."""
MOST_CHARACTERS = 100_000
NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
"""Queries that read; others insert, delete or update within a WITH."""
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree", "repeat"})
"""Functions that give rows out of nothing but their arguments."""
NO_FUNCTIONS = frozenset({
    "current_setting", "getvariable", "getenv", "nextval", "currval", "query", "query_table", "write_log", "which_secret", "current_catalog",
    "current_database", "current_schema", "current_schemas", "current_query", "current_user", "current_role", "session_user", "user",
    "in_search_path", "txid_current", "get_block_size", "set_config", "json_execute_serialized_sql", "json_serialize_sql", "json_serialize_plan",
    "json_deserialize_sql", "sql_auto_complete", "add_parquet_key",
})  # fmt: skip
"""Functions that tell of this machine or of the engine, or run another statement."""
NO_PREFIX = re.compile(
    r"(?:pg_|duckdb_|pragma_|sqlite_|read_|parquet_|sniff_|http_|md_|__internal|sql_|shell|sys)", re.IGNORECASE
)
"""How the names of others begin, and of tables that tell of the engine."""


ENGINE_SCHEMAS = frozenset({"system", "temp", "memory", "information_schema", "pg_catalog"})
FILE_LIKE = re.compile(r"[./\\:*?\[]")
"""What stands in the names of files and addresses: elsewhere in the statement, such a name would mean one."""


class TableName(NamedTuple):
    """A table as a statement names it."""

    schema: str
    name: str
    is_sure: bool = True
    """Whether it must be a split; else a WITH has that name, too, in a part of the statement."""


def guarded_tables(connection: duckdb.DuckDBPyConnection, text: str) -> list[TableName]:
    """The tables that a statement asks for. Raises UsageError where it is no single SELECT, or reaches for more than tables."""
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"the statement is longer than {MOST_CHARACTERS:,} characters")
    tree = parsed(connection, text)
    names: list[TableName] = []
    known = {name.lower() for name in with_names(tree)}
    for bad in sorted(name for name in known if NO_PREFIX.match(name) or FILE_LIKE.search(name)):
        raise refused(f"WITH {bad}: names of the engine's own tables, and of files, are not used again")
    for node in nodes(tree):
        look_at(node, known, names)
    return names


def parsed(connection: duckdb.DuckDBPyConnection, text: str) -> Json:
    """The tree of a statement. Raises UsageError."""
    import duckdb

    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError("the statement is not text in UTF-8") from error
    try:
        found = connection.extract_statements(text)
    except duckdb.Error as error:
        raise told_by(error, text) from error
    if len(found) != 1:
        raise refused("nothing was asked" if not found else "one statement at a time")
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchone()
    try:
        tree = json.loads(row[0]) if row is not None else {"error": True}
    except RecursionError as error:
        raise refused("it is nested too deeply") from error
    if tree.get("error"):
        if PIVOT.search(text):
            raise refused("a PIVOT needs its values: ON column IN ('a', 'b')")
        raise refused("only SELECT is run: the data is read, never changed")
    return tree["statements"]


def refused(why: str) -> UsageError:
    """What is said of a statement that is not run."""
    return UsageError(f"this SQL is not run: {why}")


def nodes(tree: Json) -> Iterator[dict[str, Json]]:
    """All nodes of a tree."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def with_names(tree: Json) -> Iterator[str]:
    """The names that a WITH gives to queries."""
    for node in nodes(tree):
        told = node.get("cte_map")
        if isinstance(told, dict):
            yield from (str(one.get("key")) for one in told.get("map") or [])
        if "cte_name" in node:
            yield str(node["cte_name"])


def look_at(node: dict[str, Json], known: Collection[str], names: list[TableName]) -> None:
    """Refuse a node that may not be in a statement; a table is added to `names`. Raises UsageError."""
    kind = node.get("type")
    if not isinstance(kind, str):
        return
    if kind.endswith("_NODE") and kind not in NODES:
        raise refused("only SELECT is run: the data is read, never changed")
    if kind == "SHOW_REF" and node.get("query") is None:
        raise refused("of the engine's own tables nothing is told; DESCRIBE and SUMMARIZE take a table or a query")
    if kind in {"VALUE_PARAMETER", "COLUMN_DATA"}:
        raise refused("it holds a mark for a value, and there is none; write the value")
    if "function_name" in node:
        look_at_function(str(node["function_name"]), str(node.get("schema") or ""), str(node.get("catalog") or ""))
    if kind == "TABLE_FUNCTION":
        name = str((node.get("function") or {}).get("function_name"))
        if name.lower() not in TABLE_FUNCTIONS:
            raise refused(f"{name}() gives rows from elsewhere; the tables are the splits of the dataset")
    if kind == "BASE_TABLE":
        table = TableName(str(node.get("schema_name") or ""), str(node.get("table_name") or ""))
        if node.get("catalog_name"):
            raise refused(f"there is no other database: {node['catalog_name']}.{table.schema}.{table.name}")
        names.append(table._replace(is_sure=bool(table.schema) or table.name.lower() not in known))


def look_at_function(name: str, schema: str, catalog: str) -> None:
    """Refuse a function that tells of this machine; what stands before its name may be a column. Raises UsageError."""
    if {catalog.lower(), schema.lower()} & ENGINE_SCHEMAS:
        raise refused(f"there is no other schema of functions: {schema}.{name}()")
    if name.lower() in NO_FUNCTIONS or NO_PREFIX.match(name):
        raise refused(f"{name}() reads no data of the dataset")


def unknown_table(table: TableName, views: Collection[str]) -> UsageError:
    """What is said of a table that is none of the views."""
    word = f"{table.schema}.{table.name}" if table.schema else table.name
    listed = ", ".join(sorted(views)[:20])
    return UsageError(f"there is no table {word}{did_you_mean(word, views, '')}; the tables are {listed}")


def told_by(error: duckdb.Error, text: str) -> UsageError:
    """DuckDB's message, with the place in the statement where it has one."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    why = " ".join(" ".join(line for line in lines if not LINE.match(line) and line.strip(" ^")).split())
    place = place_told(lines, text)
    return UsageError(f"SQL: {why}") if place is None else mistake("SQL", text, place, why)


def place_told(lines: list[str], text: str) -> int | None:
    """The character that a message points at: by its line and caret, else by the name that it quotes."""
    for line, below in pairwise(lines):
        if (found := LINE.match(line)) is None or "^" not in below:
            continue
        above = text.splitlines(keepends=True)[: int(found[1]) - 1]
        start = sum(map(len, above))
        shown, column = line[found.end() :], below.index("^") - found.end()
        whole = text[start:].splitlines()[0] if text[start:] else ""
        offset = whole.find(shown.strip(".")) if shown.startswith("...") else 0
        return start + max(offset, 0) + column - (3 if shown.startswith("...") else 0)
    named = re.search(r'"([^"]+)"', lines[0]) if lines else None
    place = text.find(named[1]) if named is not None else -1
    return place if place >= 0 else None
