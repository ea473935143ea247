"""`dspreview queue`: the jobs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dspreview import errors
from dspreview.cli import failure
from dspreview.cli.call import Call
from dspreview.cli.commands.cache import confirm
from dspreview.cli.options import ConfigArgument, EngineOption, MaxWait, SplitArgument, Workers, with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.lists import job_record, jobs_document, queue_document
from dspreview.documents.words import age_text, span_text
from dspreview.models import Json
from dspreview.store import Store
from dspreview.store.database import translated
from dspreview.store.job import KINDS, STATUSES, Job

if TYPE_CHECKING:
    from dspreview.work.supervisor import Limits

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
    help="Look into the queue of jobs, add to it, cancel, clean.",
)  # fmt: skip
HEADER = ["dataset_name", "config_name", "split_name", "status", "created_at", "started_at", "finished_at"]


@app.command(help="Add a dataset, or one split of it, to the queue.")
@with_common
def add(
    call: Call,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Hub id or local path.")],
    config: ConfigArgument = None,
    split: SplitArgument = None,
) -> int:
    """Answer `queue add`."""
    if config is not None and split is None:
        raise errors.UsageError("queue add: name CONFIG and SPLIT, or neither")
    number = enqueue(call, dataset, config, split)
    output.write(call, Answer.of_rows({"status": "ok", "added": number}, ["added"], [[number]]))
    return errors.EXIT_OK


def enqueue(call: Call, dataset: str, config: str | None, split: str | None) -> int:
    """Add one job; 0 where it waits already."""
    ref = call.ref(dataset)
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        return store.enqueue(ref, config, split)


@app.command(help="Count the jobs by kind and status.")
@with_common
def stats(call: Call) -> int:
    """Answer `queue stats`."""
    with Store(call.settings, must_open=True) as store:
        document = queue_document(store)
    rows = [[kind, status, number] for kind in KINDS for status, number in document[kind].items()]
    output.write(call, Answer.of_rows(document, ["kind", "status", "number"], rows))
    return errors.EXIT_OK


@app.command("list", help="List the jobs, the oldest first.")
@with_common
def list_(
    call: Call,
    *,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="S", help=f"Only these: {', '.join(STATUSES).lower()}.")
    ] = None,
) -> int:
    """Answer `queue list`."""
    wanted = [name.upper() for name in status or STATUSES]
    for name in wanted:
        if name not in STATUSES:
            raise errors.UsageError(f"--status {name.lower()}: there are {', '.join(STATUSES).lower()}")
    with Store(call.settings, must_open=True) as store:
        jobs = store.queue.jobs(wanted)
        document = jobs_document(store, jobs, wanted)
        now = store.queue.clock()
    records = [job_record(job) for job in jobs]
    rows = [[record.get(name) for name in HEADER] for record in records]
    told = lambda: output.people_table(call, ["dataset", "split", "status", "since", "took"], job_rows(jobs, now))  # noqa: E731 - only for people
    output.write(call, Answer.of_rows(document, HEADER, rows)._replace(text=told))
    return errors.EXIT_OK


def job_rows(jobs: Sequence[Job], now: float) -> list[list[Json]]:
    """Jobs for people: what they are about, how they stand, since when, and how long they ran."""
    rows: list[list[Json]] = []
    for job in jobs:
        key = job.key
        moments = [seconds(text) for text in (job.created_at, job.started_at, job.finished_at)]
        last = [one for one in moments if one is not None]
        took = span_text(moments[2] - moments[1]) if moments[1] is not None and moments[2] is not None else ""
        name = f"{key.config}/{key.split}" if key.split else ""
        rows.append([key.dataset, name, job.status.lower(), age_text(max(0.0, now - last[-1])) if last else "", took])
    return rows


def seconds(moment: str | None) -> float | None:
    """A moment of the queue in seconds since 1970; None where it has none."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() if moment else None


@app.command(
    help="Run the jobs in the queue, on this machine or on a cluster. Each job has its own process, with time and memory limits. "
    "Runs until stopped, unless --until-empty or --max-jobs is given. With --until-empty, or on a terminal, a high load "
    "delays no job unless MAX_LOAD_PCT is set. Exit 1 if a job failed, or if no job could start for --max-wait seconds."
)
@with_common
def work(
    call: Call,
    *,
    workers: Workers = None,
    engine: EngineOption = None,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End when nothing waits.")] = False,
    max_jobs: Annotated[int | None, typer.Option("--max-jobs", min=0, metavar="N", help="End after N jobs.")] = None,
    max_wait: MaxWait = 600,
) -> int:
    """Answer `queue work`."""
    from dspreview.work.supervisor import Limits  # psutil and multiprocessing, 50 ms

    if engine is None and call.settings.sources["MAX_LOAD_PCT"] == "default" and (until_empty or sys.stderr.isatty()):
        call = ignoring_load(call)
    return run_queue(call, Limits(until_empty, max_jobs, max_wait), engine, workers)


def ignoring_load(call: Call) -> Call:
    """The call with no limit of load: nobody set one, and somebody waits for the end."""
    from dspreview.work.resources import load

    found, limit = load(), call.settings.max_load_pct
    if found >= limit > 0:
        call.warn(f"the load is {found:.0f} %; jobs start anyway, because MAX_LOAD_PCT is not set")
    return call._replace(settings=call.settings.replace(max_load_pct=0))


def run_queue(call: Call, limits: Limits, engine: str | None, workers: int | None) -> int:
    """Work off the queue, and tell what became of it."""
    from dspreview.work.engine import open_engine
    from dspreview.work.patient_store import Ledger
    from dspreview.work.supervisor import Done, Supervisor

    ended: list[Done] = []

    def report(done: Done) -> None:
        ended.append(done)
        if done.error:
            key = done.job.key
            names = " ".join(word for word in (key.dataset, key.config, key.split) if word)
            failure.tell(done.error if key.dataset in done.error else f"{names}: {done.error}")

    with Store(call.settings, must_write=True) as store:
        ledger = Ledger(store, call.settings, limits.max_wait, call.warn)
        enough = Supervisor(ledger, open_engine(ledger, engine, workers), limits, report).run()
    failed = sum(done.status == "ERROR" for done in ended)
    output.write(
        call,
        Answer.of_rows(
            {"done": len(ended) - failed, "failed": failed}, ["done", "failed"], [[len(ended) - failed, failed]]
        ),
    )
    return errors.EXIT_NO if failed or not enough else errors.EXIT_OK


@app.command(help="Cancel the started or the waiting jobs. A started job is stopped by the worker that runs it.")
@with_common
def cancel(
    call: Call,
    *,
    started: Annotated[bool, typer.Option("--started", help="The started jobs.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="The waiting jobs.")] = False,
) -> int:
    """Answer `queue cancel`."""
    if started == waiting:
        raise errors.UsageError("queue cancel: use either --started or --waiting")
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        number = store.queue.cancel("STARTED" if started else "WAITING")
    output.write(call, Answer.of_rows({"cancelled": number}, ["cancelled"], [[number]]))
    return errors.EXIT_OK


@app.command(help="Remove all jobs, and stop those that are running. With --finished, remove only jobs that ended.")
@with_common
def clean(
    call: Call,
    *,
    finished: Annotated[bool, typer.Option("--finished", help="Only jobs that ended.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Answer `queue clean`."""
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        if not finished:
            confirm("This removes every job, also those that wait.", yes=yes)
        number = store.queue.clean(finished=finished)
    output.write(call, Answer.of_rows({"removed": number}, ["removed"], [[number]]))
    return errors.EXIT_OK
