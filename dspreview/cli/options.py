"""Options that several commands take, and the call they add up to."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Annotated, Any, Literal

import typer

from dspreview import errors
from dspreview.cli import failure, interrupts, standard_input
from dspreview.cli.agents import agent_reads
from dspreview.cli.call import Call
from dspreview.cli.render.output import FORMATS, TABULAR_FORMATS
from dspreview.cli.render.progress import NO_PROGRESS
from dspreview.settings import resolve


def format_option(formats: Iterable[str], what: str = "answer", default: str = "") -> Any:
    """`--format`, which takes the formats of a table of writers; with a `default` it is None where nothing was asked for."""
    choice: Any = Literal
    asked, told = choice[tuple(formats)], f" [default: {default}]" if default else ""
    return Annotated[
        asked | None if default else asked, typer.Option("--format", help=f"How the {what} is written.{told}")
    ]


AsJson = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Cached = Annotated[bool, typer.Option("--cached", help="Answer from the cache only: no network, no work.")]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Revision = Annotated[
    str | None, typer.Option("--revision", metavar="REF", help="Branch, tag or commit of a Hub dataset.")
]
Database = Annotated[
    str | None, typer.Option("--database", metavar="FILE", help="The SQLite file. [env: DSPREVIEW_DATABASE]")
]
Assets = Annotated[
    str | None, typer.Option("--assets-directory", metavar="DIR", help="Where assets are kept. [env: ASSETS_DIRECTORY]")
]
Trust = Annotated[
    bool, typer.Option("--trust-database", help="Use a database of another user, or that others may write.")
]
SafeCsv = Annotated[
    bool,
    typer.Option(
        "--safe-csv",
        help=f"With --format {TABULAR_FORMATS}: put an apostrophe before text that a spreadsheet would run as a formula.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No hints and no progress on stderr.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="More on stderr, tracebacks of failures too.")]
NoProgress = Annotated[
    bool, typer.Option("--no-progress", help="No line about what takes long. [env: DSPREVIEW_NO_PROGRESS]")
]
NoPager = Annotated[bool, typer.Option("--no-pager", help="A long table at once, not a screen at a time. [env: PAGER]")]
NoFolder = Annotated[
    bool, typer.Option("--no-folder-settings", help="Do not read the dspreview.toml of the working folder.")
]
Color = Annotated[
    Literal["auto", "always", "never"], typer.Option("--color", help="Colours in tables. [env: NO_COLOR]")
]

COMMON: dict[str, tuple[Any, Any]] = {
    "format_": (format_option(FORMATS, default="table"), None),
    "as_json": (AsJson, False),
    "cached": (Cached, False),
    "offline": (Offline, False),
    "revision": (Revision, None),
    "database": (Database, None),
    "assets_directory": (Assets, None),
    "safe_csv": (SafeCsv, False),
    "trust_database": (Trust, False),
    "no_folder_settings": (NoFolder, False),
    "color": (Color, "auto"),
    "no_progress": (NoProgress, False),
    "no_pager": (NoPager, False),
    "quiet": (Quiet, False),
    "verbose": (Verbose, False),
}


def names_of(what: str) -> Callable[..., list[str]] | None:
    """What completes a word, while a shell asks for it; a normal call does not even look at it."""
    if "_DSPREVIEW_COMPLETE" not in os.environ:
        return None
    from dspreview.cli import completion

    found: Callable[..., list[str]] = getattr(completion, what)
    return found


DatasetArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="DATASET",
        help="Hub id, id@REVISION, local path, 'pattern', address, or - for stdin.",
        show_default=False,
        autocompletion=names_of("datasets"),
    ),
]
ConfigArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]",
        help="The default, else the first, where it is left out.",
        show_default=False,
        autocompletion=names_of("configs"),
    ),
]
SplitArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[SPLIT]",
        help="train, else the first, where it is left out.",
        show_default=False,
        autocompletion=names_of("splits"),
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="Read lines of DATASET [CONFIG [SPLIT]] from FILE, - is stdin."),
]

OutputOption = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write here, not to stdout.", show_default=False)
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Jobs at a time; 1, or as many as the engine has threads."),
]
MaxWait = Annotated[
    float,
    typer.Option(
        "--max-wait",
        min=0,
        metavar="SECONDS",
        help="Stop after this many seconds in which no job could start: high load, little memory, "
        "a rate-limited Hub, or no cluster.",
    ),
]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine", metavar="dask://HOST:PORT", help="Work on the machines of a Dask cluster, not on this one."
    ),
]


LENIENT: dict[str, Any] = {"resilient_parsing": True, "ignore_unknown_options": True, "allow_extra_args": True}
"""How Click reads a call that is not in order."""


def datasets_of(values: dict[str, Any]) -> list[Any]:
    """The datasets among the arguments of a call, by the names that commands give these."""
    several = values.get("datasets") or (values.get("words") or [])[:1]
    return [values.get(name) for name in ("dataset", "a", "b")] + several


def with_common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options; it receives them as one `Call`, its first argument.

    One that it declares itself (formats of its own, say) is its own.
    """
    own = inspect.signature(command, eval_str=True)
    parameters = [parameter for name, parameter in own.parameters.items() if name != "call"]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in COMMON.items()
        if name not in own.parameters
    ]

    @wraps(command)
    def wrapper(**values: Any) -> Any:
        common = {name: values[name] if name in own.parameters else values.pop(name) for name in COMMON}
        try:
            wanted = standard_input.WORD in datasets_of(values)
            if wanted:
                standard_input.refuse_twice(values, cached=common["cached"])
            with standard_input.read_where(wanted=wanted) as piped:
                return command(make_call(common, piped), **values)
        except (typer.Exit, typer.Abort):  # ends that are no failures
            raise
        except Exception as error:  # noqa: BLE001 - told as this call asked for it, with its exit code
            if interrupts.received:  # whatever somebody made of it
                raise KeyboardInterrupt from None
            return failure.report(error, failure.Asked.of(common))

    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


def asked_of(command: Any, arguments: list[str]) -> failure.Asked:
    """What a call that cannot be read asks for, as far as the options of its command tell."""
    if command is None:
        return failure.Asked()
    rest = list(arguments)
    while (below := getattr(command, "commands", None)) is not None and rest:
        found = command.get_command(None, rest[0])
        if found is None:
            break
        command, rest = found, rest[1:]
    if below is not None:  # no command, or none that there is: what all of them have
        app = typer.Typer(add_completion=False)
        app.command()(with_common(lambda call: None))  # noqa: ARG005 - it is never called
        command = typer.main.get_command(app)
    for words in (rest, rest[:-1]):  # without an option at the end that lacks its value
        with contextlib.suppress(typer.TyperException):
            return failure.Asked.of(command.make_context("dspreview", words, **LENIENT).params)
    return failure.Asked()


def make_call(common: dict[str, Any], piped: str = "") -> Call:
    """Settings and switches of this call. Raises SettingsError, UsageError.

    Args:
        piped: the file with what came through stdin; what is read of it stays beside it.

    """
    common = common | {
        "format_": common["format_"] or "table",
        "agent": common["format_"] is None and agent_reads(os.environ),
    }
    if common["as_json"] and common["format_"] not in {"table", "json"}:
        raise errors.UsageError(f"--json and --format {common['format_']} contradict each other; give one")
    found = FORMATS.get(common["format_"])
    if common["safe_csv"] and (common["as_json"] or found is None or not found.is_tabular):
        raise errors.UsageError(f"--safe-csv is for --format {TABULAR_FORMATS}")
    if common["no_progress"]:
        os.environ[NO_PROGRESS] = "1"  # for processes that are started, too
    settings = resolve(
        {
            "DSPREVIEW_DATABASE": f"{piped}.sqlite" if piped else common["database"],
            "ASSETS_DIRECTORY": f"{piped}.assets" if piped else common["assets_directory"],
            "TRUST_DATABASE": True if common["trust_database"] else None,
            "HF_HUB_OFFLINE": True if common["offline"] else None,
        },
        folder=not common["no_folder_settings"],
    )
    call = Call(
        settings=settings,
        format="json" if common["as_json"] else common["format_"],
        cached=common["cached"],
        revision=common["revision"],
        color=common["color"],
        quiet=common["quiet"] or (settings.log_level in {"ERROR", "CRITICAL"} and not common["verbose"]),
        verbose=common["verbose"] or (settings.log_level == "DEBUG" and not common["quiet"]),
        safe_csv=bool(common["safe_csv"]),
        pager=not common["no_pager"],
        folder=not common["no_folder_settings"],
        agent=common["agent"] and not common["as_json"],
        piped=piped,
    )
    if settings.ignored:
        names = ", ".join(one.name for one in settings.ignored)
        call.warn(f"{settings.ignored[0].path}: {names} ignored: {settings.ignored[0].reason}")
    return call
