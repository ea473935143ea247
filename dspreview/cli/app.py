"""The table of commands. Only the module of the command that was called is imported."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from dspreview import DISTRIBUTION
from dspreview.cli import failure, interrupts
from dspreview.documents.stdout import write_text
from dspreview.errors import EXIT_INTERRUPTED, EXIT_OK, AnswerLostError
from dspreview.local import WILD, is_data_file
from dspreview.suggestions import did_you_mean

DOCS = "https://github.com/dspreview/dspreview/tree/main/docs"


class Entry(NamedTuple):
    """A command: where it lives, its line in the help, and calls of it."""

    group: str
    """What one wants who calls it: its title in the help."""
    module: str
    help: str
    examples: tuple[str, ...] = ()


LOOK, ASK, TAKE, CHECK = "Look", "Ask", "Take along", "Check"
KEEP, HERE = "Keep a cache", "Agents, and this installation"
COMMANDS = {
    "describe": Entry(
        LOOK,
        "describe",
        "Show a dataset on one screen: splits, columns, examples.",
        ("glue", "./data --max-tokens 500"),
    ),
    "splits": Entry(LOOK, "splits", "List the configs and splits of a dataset.", ("glue", "./data --json")),
    "rows": Entry(
        LOOK,
        "rows",
        "Show the first rows of a split, with typed columns.",
        (
            "glue ax test",
            "./data --offset 100 --length 20 --columns text,label",
            "./data --row 7",
            "./data --sample 5 --seed 1 --json",
        ),
    ),
    "stats": Entry(LOOK, "stats", "Show statistics of each column.", ("./data", "./data --column age --json")),
    "filter": Entry(
        ASK,
        "filter",
        "Show the rows that match a predicate, in an order.",
        ("./data --where 'age > 30' --orderby 'age DESC'", "./chats --where \"ANY(messages).role = 'tool'\""),
    ),
    "search": Entry(
        ASK,
        "search",
        "Find the rows that hold some words, best first.",
        ("glue cola train 'a word'", "./data 'two words' --match phrase"),
    ),
    "sql": Entry(
        ASK,
        "sql",
        "Run a SELECT over the splits of a dataset, which are its tables.",
        ("./data 'SELECT label, count(*) FROM train GROUP BY 1'",),
    ),
    "export": Entry(
        TAKE,
        "export",
        "Write a split, or the rows that match, to a file.",
        ("./data -o train.parquet", "./data train -o some.csv --where 'label = 1'"),
    ),
    "croissant": Entry(
        TAKE,
        "checking.croissant",
        "Describe a dataset in Croissant 1.1, for other tools.",
        ("./data -o .croissant.json",),
    ),
    "check": Entry(
        CHECK,
        "checking.check",
        "Check a dataset for a CI job: findings with their file, line, row and column.",
        ("./data --all-rows", "./data --format github --fail-on warning", "./data --against-data glue:ax/test"),
    ),
    "rules": Entry(
        CHECK, "checking.rules", "Suggest rules for the columns of a dataset, which check keeps.", ("suggest ./data",)
    ),
    "lock": Entry(
        CHECK,
        "checking.lock",
        "Write down what a dataset is like, to be checked against.",
        ("./data -o dspreview.lock", "./data --update dspreview.lock --reason 'new rows'"),
    ),
    "diff": Entry(
        CHECK,
        "checking.diff",
        "Show how two datasets, revisions or folders differ.",
        ("me/data@v1 ./data --key id", "./old ./new --verdict"),
    ),
    "is-valid": Entry(CHECK, "is_valid", "Say whether a dataset gives rows: exit 0 or 1.", ("glue ./data --json",)),
    "refresh": Entry(KEEP, "refresh", "Recompute what is cached of a dataset.", ("glue",)),
    "warm": Entry(
        KEEP,
        "warm",
        "Fill the cache: add jobs for what is missing, and run them.",
        ("--from datasets.txt --workers 2",),
    ),
    "hub": Entry(KEEP, "hub", "List the Hub's datasets, and count how many are valid here.", ("list --author me",)),
    "webhook": Entry(KEEP, "webhook", "Apply one change notice of the Hub."),
    "queue": Entry(KEEP, "queue", "Look into the queue of jobs, add to it, cancel, clean.", ("stats", "work")),
    "cache": Entry(KEEP, "cache", "Look into the cache, and clean it.", ("stats", "prune")),
    "serve-assets": Entry(
        KEEP, "serve_assets", "Serve the cache over HTTP: assets, JSON, and a page to look at.", ("--port 8000",)
    ),
    "skill": Entry(HERE, "skill", "Print a SKILL.md that teaches an agent to use this program."),
    "mcp": Entry(HERE, "mcp", "Answer agents over the Model Context Protocol; read-only."),
    "settings": Entry(HERE, "settings", "Show each setting, its value and where it came from."),
    "schema": Entry(HERE, "schema", "Print the JSON Schema of a command's --json, or list them.", ("rows", "check")),
    "doctor": Entry(HERE, "doctor", "Check that everything needed is in order."),
}

EPILOG = f"""A DATASET is a Hub id (glue, nyu-mll/glue, glue@REVISION), a local path (./folder, data.csv),
a pattern ('logs/*.jsonl'), an address (https://…, s3://…) or - for stdin.

\b
Examples:
  dspreview nyu-mll/glue
  dspreview rows glue ax test
  dspreview filter ./data --where "label = 1 AND text LIKE '%x%'"
  dspreview check ./data --all-rows

Documentation: {DOCS}
Completion: dspreview --install-completion
"""


COMPLETIONS = ("--install-completion", "--show-completion")


class Commands(TyperGroup):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if cmd_name not in self.commands:
            module = importlib.import_module(f"dspreview.cli.commands.{entry.module}")
            command: Any = typer.main.get_command(module.app)
            command.name = cmd_name
            command.epilog = epilog_of(cmd_name, entry)
            self.commands[cmd_name] = in_sections(command, cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list in the help, from the table: no command is imported for it."""
        del ctx
        for title in (LOOK, ASK, TAKE, CHECK, KEEP, HERE):
            with formatter.section(title):
                formatter.write_dl([(name, one.help) for name, one in COMMANDS.items() if one.group == title])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is meant, or a suggestion."""
        if args and args[0] not in COMMANDS and is_dataset(args[0]):
            return super().resolve_command(ctx, ["describe", *args])
        if args and args[0] not in COMMANDS:
            asked = did_you_mean(args[0], COMMANDS, f"; to look at a dataset: dspreview describe {args[0]}")
            ctx.fail(f"no command {args[0]!r}{asked}")
        return super().resolve_command(ctx, args)


def in_sections(command: Any, name: str) -> Any:
    """A command, or a group of them, whose help tells its options in sections."""

    def format_options(ctx: Any, formatter: Any) -> None:
        from dspreview.cli.help import write_options

        write_options(command, name, ctx, formatter)

    below = getattr(command, "commands", None)
    if below is None:
        command.format_options = format_options
    for word, one in (below or {}).items():
        in_sections(one, f"{name} {word}")
    return command


def epilog_of(name: str, entry: Entry) -> str:
    """What stands below the options of a command: calls of it, and where more is written."""
    calls = "".join(f"  dspreview {name} {words}\n" for words in entry.examples)
    return f"\b\nExamples:\n{calls}\nDocumentation: {DOCS}" if calls else f"Documentation: {DOCS}"


def is_dataset(word: str) -> bool:
    """Whether a word is a dataset where a command was expected: a path, a pattern, stdin or an id with an owner; any other word is a mistyped command."""
    return "/" in word or word in {".", "..", "-"} or WILD.search(word) is not None or is_data_file(word)


def show_version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    """Print the version and end."""
    if value:
        from importlib.metadata import version

        write_text(f"dspreview {version(DISTRIBUTION)}\n")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    name="dspreview",
    add_completion=any(word in COMPLETIONS for word in sys.argv[1:2]) or "_DSPREVIEW_COMPLETE" in os.environ,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)


@app.callback(help="See what is inside a dataset, on the Hub or in a local folder, without loading it whole.")
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    del version


def run(arguments: list[str]) -> None:
    """Run the program and end the process with the contract's exit code."""
    try:
        try:
            code = answer(arguments)
        finally:
            interrupts.done()
    except KeyboardInterrupt:
        interrupts.done()
        code = EXIT_OK
    except Exception as error:  # noqa: BLE001 - a bug in how failures are told
        code = failure.as_bug(error).exit_code
    if interrupts.received or code == EXIT_INTERRUPTED:  # also where it came as the last thing was being done
        failure.tell("interrupted")
        code = EXIT_INTERRUPTED
    leave(code)


def answer(arguments: list[str]) -> int:
    """Answer a call; its exit code. Raises KeyboardInterrupt."""
    command = None
    try:
        interrupts.listen()
        open_streams()
        if len(arguments) > 1 and arguments[0] in COMPLETIONS:
            from dspreview.cli.completion import for_shell

            return for_shell(*arguments[:2])
        command = typer.main.get_command(app)
        words = [*arguments[1:], "--help"] if arguments[:1] == ["help"] else arguments
        code = command.main(words, prog_name="dspreview", standalone_mode=False)
    except SystemExit:  # Typer's end where whoever read the help has had enough
        failure.hush()
        return EXIT_OK
    except Exception as error:  # noqa: BLE001 - what no command told itself ends here: as a line and an exit code
        if interrupts.received:  # whatever somebody made of it
            raise KeyboardInterrupt from None
        from dspreview.cli.options import asked_of

        return failure.report(error, asked_of(command, arguments))
    return code if isinstance(code, int) else EXIT_OK


def open_streams() -> None:
    """Standard streams that were closed (`>&-`): input is empty, what is told goes nowhere, an answer cannot."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None and name != "stdout":
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115 - until the end
    if sys.stdout is None:
        raise AnswerLostError("the answer could not be written: stdout is closed")


def leave(code: int) -> None:
    """End without tearing libraries down, which costs 10 ms of every answer; all output is flushed where it is written."""
    os._exit(code)
