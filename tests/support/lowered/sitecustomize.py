"""Lowers limits of the program in a process of its own, so that small and harmless data meets them.

`LOWERED=module.NAME=number,...` is set before anything else is imported; `WARMED=module,...` is imported first, since what a
library takes for itself must not count.
"""

import importlib
import os

for name in filter(None, os.environ.get("WARMED", "").split(",")):
    importlib.import_module(name)
for change in filter(None, os.environ.get("LOWERED", "").split(",")):
    place, _, value = change.partition("=")
    module, _, name = place.rpartition(".")
    setattr(importlib.import_module(module), name, int(value))
