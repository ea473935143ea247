"""One dataset or hundreds in one call: go on after a failure, a JSON document a line, the worst exit code last."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dspreview import errors
from dspreview.cli import failure
from dspreview.cli.options import Call
from dspreview.cli.output import compact, write_text
from dspreview.models import DatasetRef, Json

Target = tuple[str, str | None, str | None]
Answer = Callable[[DatasetRef, str | None, str | None, dict[str, Json]], int]
"""Writes the answer for one target; the dict goes in front of a JSON document. Returns the exit code."""


def run_targets(call: Call, targets: Iterable[Target], answer: Answer, *, many: bool) -> int:
    """Answer each target; with `many`, one failure does not stop the others."""
    if not many:
        for dataset, config, split in targets:
            return answer(call.ref(dataset), config, split, {})
        return errors.EXIT_OK
    call.no_csv_of_many()
    codes = []
    for dataset, config, split in targets:
        named: dict[str, Json] = {"dataset": dataset, "config": config, "split": split}
        try:
            codes.append(answer(call.ref(dataset), config, split, named))
        except errors.PreviewError as error:
            if call.format == "json":
                write_text(compact(named | errors.describe(error)) + "\n")
            failure.tell(str(error))
            codes.append(error.exit_code)
    return errors.worst_exit(codes)
