"""Which tests are to notice a change of which module."""

from __future__ import annotations

import re
from pathlib import Path

ROOMS = {
    "dspreview/extract": ["tests/extract", "tests/hub"],
    "dspreview/arrow": ["tests/arrow", "tests/values"],
    "dspreview/page": ["tests/page", "tests/extract"],
    "dspreview/local.py": ["tests/extract", "tests/cli"],
    "dspreview/query": ["tests/query"],
    "dspreview/check": ["tests/check"],
    "dspreview/store": ["tests/store"],
    "dspreview/preview": ["tests/preview", "tests/store", "tests/query", "tests/hub"],
    "dspreview/serve": ["tests/serve"],
    "dspreview/work": ["tests/work"],
    "dspreview/api": ["tests/api"],
    "dspreview/export": ["tests/export", "tests/api"],
    "dspreview/addresses.py": ["tests/test_addresses.py"],
    "dspreview/cli": ["tests/cli"],
    "dspreview/documents": ["tests/documents", "tests/cli"],
    "dspreview/express.py": ["tests/test_express.py", "tests/extract", "tests/hub"],
    "dspreview/choice.py": ["tests/test_choice.py", "tests/cli"],
    "dspreview/errors.py": ["tests/test_errors.py", "tests/cli"],
    "dspreview/settings.py": ["tests/test_settings.py", "tests/cli"],
    "dspreview/folders.py": ["tests/test_settings.py", "tests/cli"],
    "dspreview/feature.py": ["tests/test_feature.py", "tests/page"],
    "dspreview/slices.py": ["tests/test_slices.py"],
    "dspreview/suggestions.py": ["tests/test_choice.py", "tests/cli"],
    "dspreview/models.py": ["tests/extract", "tests/store"],
    "dspreview/signals.py": ["tests/cli", "tests/work"],
    "dspreview/__main__.py": ["tests/cli"],
}
"""The tests of a folder or a module; those that take less time come first."""


def room_of(module: str) -> list[str]:
    """The tests of a module."""
    return next((tests for place, tests in ROOMS.items() if module == place or module.startswith(f"{place}/")), [])


def modules(tree: Path) -> list[str]:
    """All modules that have tests of their own."""
    found = (path.relative_to(tree).as_posix() for path in (tree / "dspreview").rglob("*.py"))
    return sorted(path for path in found if room_of(path))


def files_of(tree: Path, room: str) -> list[str]:
    """The files of a room."""
    place = tree / room
    found = [place] if place.is_file() else sorted(place.rglob("test_*.py"))
    return [path.relative_to(tree).as_posix() for path in found]


def naming(tree: Path, module: str, within: str, files: list[str]) -> list[str]:
    """Those files that import a module or have its name; where none does, those that say the name of the function."""
    stem = Path(module).stem
    dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    package = dotted.rpartition(".")[0]
    imports = rf"\b{re.escape(dotted)}\b|from {re.escape(package)} import [^\n]*\b{stem}\b"
    found = [one for one in files if Path(one).stem == f"test_{stem}" or re.search(imports, (tree / one).read_text())]
    if found or len(within) < 5 or within.startswith("__"):
        return found
    return [one for one in files if re.search(rf"\b{within}\b", (tree / one).read_text())]
