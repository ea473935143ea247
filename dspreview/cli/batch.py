"""One dataset or hundreds in one call: go on after a failure, a JSON document a line, the worst exit code last."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dspreview import errors
from dspreview.cli import failure
from dspreview.cli.call import Call
from dspreview.cli.render.output import writes_any_number
from dspreview.cli.targets import CallTarget
from dspreview.documents.stdout import write_text
from dspreview.models import DatasetRef, Json, dump

Answer = Callable[[DatasetRef, str | None, str | None, dict[str, Json]], int]
"""Writes the answer for one target; the dict goes in front of a JSON document. Returns the exit code."""


def run_targets(call: Call, targets: Iterable[CallTarget], answer: Answer, *, many: bool) -> int:
    """Answer each target; with `many`, one failure does not stop the others."""
    if not many:
        (target,) = targets
        return answer(call.ref(target.dataset), target.config, target.split, {})
    if writes_any_number(call):  # rows of several datasets have no columns in common
        raise errors.UsageError(f"--format {call.format} is for one dataset; use --json for many")
    return errors.worst_exit([run_one(call, target, answer) for target in targets])


def run_one(call: Call, target: CallTarget, answer: Answer) -> int:
    """Answer one of many; its failure is told and written, and its exit code returned."""
    named: dict[str, Json] = {"dataset": target.dataset, "config": target.config, "split": target.split}
    try:
        if target.problem is not None:
            raise errors.UsageError(target.problem)
        return answer(call.ref(target.dataset), target.config, target.split, named)
    except (errors.ReaderGoneError, errors.AnswerLostError):
        raise
    except Exception as error:  # noqa: BLE001 - a bug costs its own dataset; it keeps its traceback
        expected = failure.as_failure(error, failure.Asked(database=str(call.settings.dspreview_database)))
        if expected is None:
            expected = failure.as_bug(error)
        if call.format == "json":
            write_text(dump(named | errors.describe(expected)) + "\n")
        failure.tell(str(expected))
        if call.verbose:
            failure.show_cause(expected)
        return expected.exit_code
