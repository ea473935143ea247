"""The program's first lines: a Ctrl-C while the rest is still being imported ends in one line, too."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType


def interrupted_early(_signal: int, _frame: FrameType | None) -> None:
    """End at once: nothing has been opened yet."""
    os.write(2, b"dspreview: interrupted\n")
    os._exit(130)


def main() -> None:
    """The `dspreview` command."""
    gc.disable()  # a short life makes no garbage worth looking for; an extraction switches it on again
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted_early)
    from dspreview.cli.app import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
