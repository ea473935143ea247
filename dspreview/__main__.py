"""The program's first lines: a Ctrl-C while the rest is still being imported ends in one line, too; and the short way."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType


def interrupted_early(_signal: int, _frame: FrameType | None) -> None:
    """End at once: what is open is safe from that, as from any crash."""
    os.write(2, b"dspreview: interrupted\n")
    os._exit(130)


def main() -> None:
    """The `dspreview` command."""
    gc.disable()  # a short life makes no garbage worth looking for; an extraction switches it on again
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted_early)
    arguments = sys.argv[1:]
    if arguments[:1] == ["rows"]:
        from dspreview.errors import AnswerLostError, ReaderGoneError
        from dspreview.express import answer

        try:
            if answer(arguments):
                os._exit(0)
        except (AnswerLostError, ReaderGoneError) as error:
            from dspreview.cli import failure

            os._exit(failure.report(error, failure.Asked()))
    from dspreview.cli.app import run

    run(arguments)


if __name__ == "__main__":
    main()
