"""Lowers limits of the program in a process of its own, so that small and harmless data meets them.

`INTERRUPT=number,file`: at so many imports after the program's first own one the process gets a Ctrl-C; the file grows by a byte
with each. `LOWERED=module.NAME=number,...` is set before anything else is imported; `WARMED=module,...` is imported first, since what a
library takes for itself must not count.
"""

import importlib
import os
import signal
import sys

for name in filter(None, os.environ.get("WARMED", "").split(",")):
    importlib.import_module(name)
for change in filter(None, os.environ.get("LOWERED", "").split(",")):
    place, _, value = change.partition("=")
    module, _, name = place.rpartition(".")
    setattr(importlib.import_module(module), name, int(value))


class Interrupter:
    """Sees each import, and interrupts one."""

    def __init__(self, number: int, file: str) -> None:
        self.number, self.seen = number, 0
        self.handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def find_spec(self, name: str, *_: object) -> None:
        """Find nothing."""
        if self.seen or name == "dspreview.cli.app":
            self.seen += 1
            os.write(self.handle, b".")
            if self.seen == self.number:
                os.kill(os.getpid(), signal.SIGINT)


if "INTERRUPT" in os.environ:
    count, _, path = os.environ.pop("INTERRUPT").partition(",")
    sys.meta_path.insert(0, Interrupter(int(count), path))
