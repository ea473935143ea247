"""What the README and the docs say is what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dspreview.cli.app import COMMANDS
from dspreview.settings import TABLE
from tests.support.program import Program

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REVISION = re.compile(r'(revision )[0-9a-f]{7}|("revision":")[0-9a-f]+')


@pytest.fixture
def here(dspreview: Program) -> Program:
    """The program in the repository's own folder, as the README says."""
    dspreview.cwd = ROOT
    return dspreview


def plain(text: str) -> str:
    """Text without the revision, which depends on when the files were checked out."""
    return REVISION.sub(r"\1\2", text)


EXAMPLES = re.findall(r"```console\n\$ dspreview ([^\n]*)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_examples_print_what_the_readme_shows(command: str, output: str, here: Program) -> None:
    result = here(*command.split())
    assert result.code == 0, result.err
    assert plain(result.out).strip() == plain(output).strip()


RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
TOUR = [line for block in re.findall(r"```sh\n(.*?)```", README + RECIPES, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in TOUR if "dspreview " in line and ".venv" not in line])
def test_commands_of_the_tour_run(line: str, here: Program) -> None:
    command = re.sub(r"(^|[|;] *|do )dspreview ", rf"\1{sys.executable} -m dspreview ", line)
    env = here.environment(MAX_LOAD_PCT="0", MAX_MEMORY_PCT="0")
    (here.home / "list.txt").write_text(f"{ROOT}/docs/examples/signals\n")
    command = command.replace("/tmp/dspreview-list.txt", str(here.home / "list.txt"))
    done = subprocess.run(["bash", "-c", command], env=env, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2
    assert len([line for line in TOUR if "dspreview " in line]) >= 10


def test_generated_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "docs/make_reference.py", "--check"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_command_has_a_line_and_a_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, entry in COMMANDS.items():
        assert entry.help.endswith(".")
        assert f"## dspreview {name}\n" in page


def test_every_link_of_the_docs_leads_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_setting_is_explained_once() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for setting in TABLE:
        assert page.count(f"| `{setting.name}` |") == 1


def test_nothing_is_pinned_to_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".sh"} or path.name == "run":
            text = path.read_text(encoding="utf-8")
            assert "/work" + "/" not in text, name
            assert "/root" + "/" not in text, name
