"""`nox -s wheel`: what is in the wheel and the source archive, and that the wheel runs alone.

Neither sees this checkout: the wheel is installed into an environment of its own, and used from another folder.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BEYOND = {"pip", "setuptools", "wheel"}
TOOLS = {"pytest", "nox", "ruff", "mypy", "hypothesis", "distributed", "dask", "playwright", "torch", "polars"}
"""What must not come along."""


def tracked(*folders: str) -> set[str]:
    """The files of the repository below some folders."""
    told = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(told.stdout.splitlines())


def check_contents(wheel: Path, source: Path) -> None:
    """The wheel holds the package and what describes it; the source archive what builds and tests it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = {name for name in names if ".dist-info/" in name}
        assert names - about == tracked("dspreview"), names - about ^ tracked("dspreview")
        words = {Path(name).name for name in about}
        assert words == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "LICENSE"}, words
        (record,) = (name for name in about if name.endswith("RECORD"))
        assert {row[0] for row in csv.reader(io.StringIO(archive.read(record).decode()))} == names
        (metadata,) = (name for name in about if name.endswith("METADATA"))
        text = archive.read(metadata).decode()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert all(f"Provides-Extra: {extra}\n" in text for extra in project["optional-dependencies"])
    assert text.count("Requires-Dist:") == len(project["dependencies"]) + sum(
        map(len, project["optional-dependencies"].values())
    )
    with tarfile.open(source) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
        assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= inside
        assert tracked("dspreview", "tests", "docs") <= inside


def check_alone(wheel: Path) -> None:
    """Installed with nothing else it runs, and brings nothing that it does not need."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = str(folder / "venv" / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True)
        listed = subprocess.run([python, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True)
        installed = {package["name"].lower() for package in json.loads(listed.stdout)} - BEYOND
        print(f"{len(installed)} packages: {', '.join(sorted(installed))}")
        assert not installed & TOOLS, installed & TOOLS
        subprocess.run([python, "-m", "pip", "check"], check=True)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "DSPREVIEW_DATABASE": str(folder / "x.sqlite"),
            "HF_ENDPOINT": "http://127.0.0.1:9",
        }
        example = str(ROOT / "docs" / "examples" / "signals")
        for words in (
            ["--version"], ["splits", example, "--json"], ["rows", example, "--json"], ["filter", example, "--where", "kind = 'distress'"],
            ["search", example, "distress"], ["stats", example], ["check", example, "--all-rows"], ["cache", "verify"], ["queue", "stats"],
        ):  # fmt: skip
            command = [str(folder / "venv" / "bin" / "dspreview"), *words]
            done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (words, done.stderr)
            print(f"{' '.join(words[:1])}: {len(done.stdout)} bytes")


def main() -> int:
    """Check the two files of a folder."""
    (wheel,) = Path(sys.argv[1]).glob("*.whl")
    (source,) = Path(sys.argv[1]).glob("*.tar.gz")
    check_contents(wheel.resolve(), source.resolve())
    check_alone(wheel.resolve())
    print("the wheel is in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
