"""The tools of `dspreview mcp`: each runs a command in a process of its own, and gives what it printed, within a budget."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import Annotated, Literal

from mcp.server import MCPServer
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from dspreview.cli.agents import TOKEN, TOKENS
from dspreview.settings import Settings

READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
SECONDS = 600
"""Longest that an answer may take."""
Dataset = Annotated[
    str, Field(description="Hub id (glue, nyu-mll/glue@REVISION), local path (./folder, /data/x.csv) or Hub address.")
]
Config = Annotated[str | None, Field(description="A config; the default where it is left out.")]
Split = Annotated[str | None, Field(description="A split; train, else the first, where it is left out.")]
Columns = Annotated[list[str] | None, Field(description="Only these columns.")]
Offset = Annotated[int, Field(description="The first row.", ge=0)]
Length = Annotated[int, Field(description="At most so many rows.", ge=1, le=100)]
Where = Annotated[
    str | None, Field(description="A predicate: label = 1 AND text LIKE '%x%', messages[-1].role = 'user', a IS NULL.")
]
Budget = Annotated[int, Field(description="At most so many tokens in the answer.", ge=100, le=20_000)]


def make_server(settings: Settings) -> MCPServer:
    """A server with seven tools."""
    server = MCPServer(
        "dspreview",
        instructions="Look into datasets without loading them whole. Begin with describe.",
        log_level="WARNING",
    )
    ask = partial(answer, str(settings.dspreview_database))

    @server.tool(annotations=READ_ONLY, structured_output=False)
    def describe(
        dataset: Dataset, config: Config = None, split: Split = None, max_tokens: Budget = TOKENS
    ) -> CallToolResult:
        """What a dataset is: configs, splits with rows, columns with types, missing values and examples. Begin here."""
        return ask("describe", ["--max-tokens", str(max_tokens)], [dataset, config, split], max_tokens)

    @server.tool(annotations=READ_ONLY, structured_output=False)
    def rows(
        dataset: Dataset, config: Config = None, split: Split = None, columns: Columns = None, offset: Offset = 0,
        length: Length = 10, max_tokens: Budget = TOKENS,
    ) -> CallToolResult:  # fmt: skip
        """Rows of a split, tab-separated."""
        return ask("rows", [*page(offset, length), *chosen(columns)], [dataset, config, split], max_tokens)

    @server.tool(name="filter", annotations=READ_ONLY, structured_output=False)
    def filter_(
        dataset: Dataset, where: Where = None, config: Config = None, split: Split = None, columns: Columns = None,
        orderby: Annotated[str | None, Field(description="An order: n DESC, name.")] = None, offset: Offset = 0,
        length: Length = 10, max_tokens: Budget = TOKENS,
    ) -> CallToolResult:  # fmt: skip
        """Rows that match a predicate, in an order, and how many there are."""
        if any(text and text.lstrip().startswith(("@", "-")) for text in (where, orderby)):
            return failed("a predicate and an order begin with the name of a column; files are not read here")
        asked = [f"--{name}={text}" for name, text in (("where", where), ("orderby", orderby)) if text]
        return ask("filter", [*asked, *page(offset, length), *chosen(columns)], [dataset, config, split], max_tokens)

    @server.tool(annotations=READ_ONLY, structured_output=False)
    def search(
        dataset: Dataset, text: Annotated[str, Field(description="Words to find.")], config: Config = None, split: Split = None,
        match: Literal["any", "all", "phrase"] = "any", columns: Columns = None, length: Length = 10, max_tokens: Budget = TOKENS,
    ) -> CallToolResult:  # fmt: skip
        """Rows that hold some words, best first."""
        named = [word for word in (dataset, config, split) if word is not None]
        return ask("search", ["--match", match, *page(0, length), *chosen(columns)], [*named, text], max_tokens)

    @server.tool(annotations=READ_ONLY, structured_output=False)
    def stats(
        dataset: Dataset,
        config: Config = None,
        split: Split = None,
        columns: Columns = None,
        max_tokens: Budget = TOKENS,
    ) -> CallToolResult:
        """Missing values, range, mean, distribution and most frequent values of each column."""
        return ask("stats", [f"--column={name}" for name in columns or ()], [dataset, config, split], max_tokens)

    @server.tool(annotations=READ_ONLY, structured_output=False)
    def sql(
        dataset: Dataset, query: Annotated[str, Field(description="One SELECT of DuckDB; tables are splits: train, config.test.")],
        length: Length = 50, max_tokens: Budget = TOKENS,
    ) -> CallToolResult:  # fmt: skip
        """Count, group, join: one SELECT over the splits."""
        if query.startswith(("@", "-")):
            return failed("a SELECT was expected, without a comment before it")
        return ask("sql", ["--length", str(length)], [dataset, query], max_tokens)

    @server.tool(annotations=READ_ONLY, structured_output=False)
    def check(dataset: Dataset, max_tokens: Budget = TOKENS) -> CallToolResult:
        """What is not in order: each finding with its file, line, row, column and remedy."""
        return ask("check", [], [dataset], max_tokens)

    return server


def answer(database: str, command: str, options: list[str], words: list[str | None], budget: int) -> CallToolResult:
    """What a command prints for some words (dataset, config, split, text), within a budget of tokens."""
    named = [word for word in words if word is not None]
    if None in words[: len(named)]:
        return failed("name the config, too, where a split is named")
    if any("\0" in word for word in [*options, *named]):
        return failed("a NUL character stands in an argument")
    call = [sys.executable, "-m", "dspreview", command, "--database", database, *options, "--", *named]
    done = subprocess.run(
        call,
        capture_output=True,
        check=False,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"AI_AGENT": "mcp"},
    )
    out, told = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace").strip()
    if done.returncode not in {0, 1}:
        return failed(told or f"exit {done.returncode}")
    return CallToolResult(content=[TextContent(type="text", text=within(out, told, budget * TOKEN))])


def page(offset: int, length: int) -> list[str]:
    """The options of a page."""
    return ["--offset", str(offset), "--length", str(length)]


def chosen(columns: list[str] | None) -> list[str]:
    """The option for some columns, as in CSV."""
    if not columns:
        return []
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in columns)
    return [f"--columns={quoted}"]


def failed(why: str) -> CallToolResult:
    """An answer that says what was wrong."""
    return CallToolResult(content=[TextContent(type="text", text=why)], is_error=True)


def within(out: str, told: str, budget: int) -> str:
    """An answer and what was said beside it, in at most so many bytes: it ends with a whole line, and says what is left out."""
    text = f"{out.rstrip()}\n{told}".strip() if told else out.rstrip()
    data = text.encode()
    if len(data) <= budget:
        return text
    note = "\n… {:,} more bytes: choose columns, ask for fewer rows, or more tokens"
    room = max(0, budget - len(note.format(len(data)).encode()))
    kept = data[:room].decode("utf-8", "ignore")
    kept = kept.rpartition("\n")[0] or kept
    return kept + note.format(len(data) - len(kept.encode()))
