"""What pip installs with dspreview is what dspreview imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = {"pillow": "PIL", "sqlite-utils": "sqlite_utils", "python-stdnum": "stdnum"}
WITH_OTHERS = {
    "pandas": "datasets", "fsspec": "datasets", "numpy": "datasets", "tqdm": "datasets", "yaml": "huggingface_hub", "httpx2": "huggingface_hub", "mcp_types": "mcp", "botocore": "s3fs", "pydantic": "mcp",
}  # fmt: skip
"""What comes with a dependency, and has to be of the version that it chose."""
BROUGHT = {"polars"}
"""What a user of `to_polars` has, or is told to install."""
HANDED_OVER = {"uvloop", "httptools", "stdnum", "s3fs", "gcsfs", "adlfs"}
"""Named to uvicorn, which imports them; or imported by a name that a table has, or by fsspec."""


def declared() -> dict[str, list[str]]:
    """The modules of the dependencies, and of each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = {"": project["dependencies"]} | project["optional-dependencies"]
    return {
        name: [MODULES.get(word, word) for item in items for word in re.findall(r"^[\w-]+", item)]
        for name, items in lists.items()
    }


def imported() -> set[str]:
    """The modules of others that any line of ours imports."""
    found: set[str] = set()
    for path in (ROOT / "dspreview").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return (
        found - set(sys.stdlib_module_names) - {"dspreview", "compression"}
    )  # the standard library's own above Python 3.13


def test_no_more_is_installed_than_is_imported_and_no_less() -> None:
    lists = declared()
    wanted = set(lists[""]) | {module for name in lists for module in lists[name]}
    assert imported() - set(WITH_OTHERS) - BROUGHT == wanted - HANDED_OVER
    assert set(WITH_OTHERS.values()) <= wanted


def test_only_the_cluster_imports_the_extra() -> None:
    users = [
        path.name
        for path in (ROOT / "dspreview").rglob("*.py")
        if re.search(r"^\s*(?:import|from) distributed", path.read_text(), re.MULTILINE)
    ]
    assert sorted(users) == ["link.py", "remote.py"]


def test_each_extra_is_documented() -> None:
    readme = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert all(f"dspreview-cli[{name}]" in readme for name in declared() if name)
