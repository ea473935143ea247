"""`dspreview warm`: enqueue what is missing, and work it off."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli import failure
from dspreview.cli.call import Call
from dspreview.cli.commands.cache import confirm
from dspreview.cli.commands.hub import Author, Limit, Search, Sort, Tag
from dspreview.cli.options import EngineOption, FromOption, MaxWait, Workers, with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.cli.render.progress import Meter
from dspreview.cli.targets import targets
from dspreview.extract.extractor import Extractor
from dspreview.local import identify
from dspreview.models import Json
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction, translated
from dspreview.work.engine import open_engine, scheduler_address
from dspreview.work.patient_store import Ledger
from dspreview.work.supervisor import Done, Limits, Supervisor
from dspreview.work.warm import Patience, Wanted, missing, patiently, with_revisions

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

LISTED_WITHIN = 10.0
"""Seconds that a Hub that limits the rate is waited for, before local data is begun with."""


@app.command(
    help="Add jobs for everything that is missing, empty or stalled (its data has changed since it was cached), and run them. "
    "Exit 1 if some failed. After an interruption, the same command continues."
)
@with_common
def warm(  # noqa: PLR0913 - options are many
    call: Call,
    *,
    from_file: FromOption = None,
    author: Author = None,
    search: Search = None,
    tag: Tag = None,
    sort: Sort = None,
    limit: Limit = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole Hub.")] = False,
    workers: Workers = None,
    engine: EngineOption = None,
    retry_errors: Annotated[bool, typer.Option("--retry-errors", help="Try again what failed before.")] = False,
    max_wait: MaxWait = 600,
    enqueue_only: Annotated[bool, typer.Option("--enqueue-only", help="Leave the work to `queue work`.")] = False,
) -> int:
    """Answer `warm`."""
    filtered = any(value is not None for value in (author, search, tag, limit))
    if from_file is not None and (filtered or everything):
        raise errors.UsageError("warm: give either --from or a choice of the Hub's datasets")
    if engine is not None:
        scheduler_address(engine)  # a word that is none is told before anything is asked
    extractor = Extractor(call.settings)
    listing = partial(extractor.list_hub, author=author, search=search, tags=tag or (), sort=sort, limit=limit)
    if from_file is None and not filtered and not everything:
        confirm(
            "warm: this is the whole Hub; choose with --from, --author, --search, --tag, --limit.",
            yes=False,
            option="--all",
        )
    settings = own_limits(call.settings)
    broken: list[str] = []
    patience = Patience(call.warn, float(settings.hub_pause_max_seconds), max_wait)
    with Store(settings, must_write=True) as store:
        wanted: Iterable[Wanted]
        if from_file is not None:
            short = patience._replace(in_all=min(max_wait, LISTED_WITHIN))
            wanted, silent = with_revisions(named(from_file, broken), store, extractor, short)
            if silent is not None:
                told = f"{silent}; cached Hub datasets are not checked for changes"
                failure.tell(told)
                broken.append(told)
        else:
            wanted = (Wanted(identify(str(item["id"])), revision=item["sha"]) for item in patiently(listing, patience))
        enqueued = 0
        for one in wanted:
            keys = missing(store, settings, one, retry_errors=retry_errors)
            if keys:
                with translated(settings.dspreview_database), transaction(store.connection):
                    enqueued += store.queue.enqueue(keys, unless_started=True)
        ended: list[Done] = []
        left = 0
        if not enqueue_only and store.queue.count_open():
            ended, left = work_off(call, store, settings, engine, workers, Limits(until_empty=True, max_wait=max_wait))
    return summary(call, enqueued, ended, broken, left)


def named(path: str, broken: list[str]) -> Iterator[Wanted]:
    """The datasets of a list; lines that name none are told and counted."""
    for target in targets(None, None, None, path):
        try:
            if target.problem:
                raise errors.UsageError(target.problem)
            yield Wanted(identify(target.dataset), target.config, target.split)
        except errors.PreviewError as error:
            failure.tell(str(error))
            broken.append(str(error))


def own_limits(settings: Settings) -> Settings:
    """Limits of load and memory only where somebody set them: the workers of `warm` are the load."""
    names = ("MAX_LOAD_PCT", "MAX_MEMORY_PCT")
    return settings.replace(**{name.lower(): 0 for name in names if settings.sources[name] == "default"})


def work_off(
    call: Call, store: Store, settings: Settings, engine: str | None, workers: int | None, limits: Limits
) -> tuple[list[Done], int]:
    """Run the jobs, with a line of progress on a terminal; those that ended, and how many are left where it was stopped."""
    ended: list[Done] = []
    ledger = Ledger(store, settings, limits.max_wait, call.warn)
    with Meter(quiet=call.quiet) as meter:
        supervisor = Supervisor(ledger, open_engine(ledger, engine, workers), limits, ended.append)
        supervisor.tick = lambda: meter.show(
            done=len(ended),
            failed=sum(done.status == "ERROR" for done in ended),
            left=store.queue.count_open(),
            running=[job.key.dataset for job in supervisor.engine.running],
        )
        enough = supervisor.run()
    return ended, 0 if enough and not supervisor.stopping else store.queue.count_open()


def summary(call: Call, enqueued: int, ended: list[Done], broken: list[str], left: int) -> int:
    """Tell each failure with its reason, and the numbers."""
    failed = [done for done in ended if done.status == "ERROR"]
    failures: list[dict[str, Json]] = [
        {
            "dataset": done.job.key.dataset,
            "config": done.job.key.config or None,
            "split": done.job.key.split or None,
            "error": done.error,
        }
        for done in failed
    ]
    for item in failures:
        names = " ".join(str(item[key]) for key in ("dataset", "config", "split") if item[key])
        told = str(item["error"])
        failure.tell(told if str(item["dataset"]) in told else f"{names}: {told}")
    document: dict[str, Json] = {
        "enqueued": enqueued, "done": len(ended) - len(failed), "failed": len(failed) + len(broken), "left": left,
        "failures": failures,
    }  # fmt: skip
    text = f"{document['done']} done, {document['failed']} failed, {enqueued} new\n"
    output.write(call, Answer.of(document, ["dataset", "config", "split", "error"], failures, lambda: text))
    sys.stdout.flush()
    if left:
        call.warn(f"stopped with {left} jobs left; run the same command to continue")
    return errors.EXIT_NO if failed or broken or left else errors.EXIT_OK
