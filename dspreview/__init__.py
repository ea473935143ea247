"""See what is inside a dataset, on the Hub or in a local folder, without loading it whole.

In Python: `dspreview.open("glue").split("ax", "test").rows()`. docs/python.md has the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["DISTRIBUTION", "Dataset", "Split", "errors", "open"]

DISTRIBUTION = "dspreview-cli"
"""What pip calls it: on the package index `dspreview` is another project."""
PLACES = {
    "open": ("dspreview.api.dataset", "open_dataset"),
    "Dataset": ("dspreview.api.dataset", "Dataset"),
    "Split": ("dspreview.api.dataset", "Split"),
}
"""What is imported when it is asked for: `import dspreview` alone costs nothing."""


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("dspreview.errors")
    if name in PLACES:
        module, attribute = PLACES[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'dspreview' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
