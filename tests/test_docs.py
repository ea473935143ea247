"""What the README and the docs say is what the program does."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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


QUERIES = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ dspreview ([^\n]*)\n(.*?)```", README + QUERIES, re.DOTALL)


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_examples_print_what_the_readme_shows(command: str, output: str, here: Program) -> None:
    result = here(*shlex.split(command))
    assert result.code == 0, result.err
    assert plain(result.out).strip() == plain(output).strip()


CHECK = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
TALKS = "".join(
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("conversations", "agents", "rules", "croissant")
)
TOUR = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README + RECIPES + QUERIES + CHECK + TALKS, re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.parametrize("line", [line for line in TOUR if "dspreview " in line and ".venv" not in line])
def test_commands_of_the_tour_run(line: str, here: Program) -> None:
    command = re.sub(r"(^|[|;] *|do )dspreview ", rf"\1{sys.executable} -m dspreview ", line)
    env = here.environment(MAX_LOAD_PCT="0", MAX_MEMORY_PCT="0")
    (here.home / "list.txt").write_text(f"{ROOT}/docs/examples/signals\n")
    command = command.replace("/tmp/dspreview-list.txt", str(here.home / "list.txt"))
    done = subprocess.run(["bash", "-c", command], env=env, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def unattended() -> list[str]:
    """The calls of the recipes that a timer or a workflow makes."""
    workflow = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", RECIPES, re.DOTALL)[0])
    steps = [step["run"] for step in workflow["jobs"]["valid"]["steps"] if "run" in step]
    service = re.findall(r"^ExecStart=(.*)$", RECIPES, re.MULTILINE)
    crontab = re.findall(r"^15 3 \* \* \* (.*)$", RECIPES, re.MULTILINE)
    return [*crontab, *service, *[step for step in steps if step.startswith("dspreview ")]]


@pytest.mark.parametrize("line", unattended())
def test_what_cron_systemd_and_a_workflow_call_runs(line: str, here: Program, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "examples" / "signals", tmp_path / "signals")
    (here.home / "datasets.txt").write_text(f"{tmp_path}/signals\n")
    command = re.sub(r"(%h/\.venv/bin/)?dspreview ", f"{sys.executable} -m dspreview ", line, count=1)
    command = command.replace("%h", str(here.home))
    done = subprocess.run(["sh", "-c", command], env=here.environment(), cwd=tmp_path / "signals", check=False)
    assert done.returncode == 0
    assert here("cache", "stats", "--json").json["splits"]["error"] == 0
    assert here("cache", "stats", "--json").json["splits"]["valid"] >= 1


def test_there_are_examples() -> None:
    assert len(unattended()) == 4
    assert len(EXAMPLES) == 6
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
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture, a table
            continue
        assert "/work" + "/" not in text, name
        assert "/root" + "/" not in text, name


INSTALLS = re.compile(
    r"(?:pip|pipx|uv(?: tool| pip)?|python -m pip) (?:install|run) [^\n`&]*"
    r"|additional_dependencies:(?: *\[[^\]]*\]|(?P<item>\n +- )[^\n]*(?:(?P=item)[^\n]*)*)"
)
REPOSITORY = "git+https://github.com/dspreview/dspreview"


def installs(text: str) -> list[str]:
    """The commands and the dependencies of hooks in a text that install this program by a name."""
    found = [one[0] for one in INSTALLS.finditer(text)]
    return [one for one in found if re.search(r"\bdspreview\b", one.replace(REPOSITORY, ""))]


def test_the_program_is_installed_from_its_repository_alone() -> None:
    """On the package index its name belongs to another project, and it is not there itself."""
    assert installs("pip install dspreview") == ["pip install dspreview"]
    assert installs(f"pipx install {REPOSITORY}") == []
    for listed in (
        "additional_dependencies: [yamllint, dspreview]",
        "additional_dependencies:\n  - yamllint\n  - dspreview",
    ):
        assert installs(f"{listed}\nentry: dspreview check .") == [listed]
        assert installs(f"{listed.replace('dspreview', REPOSITORY)}\nentry: dspreview check .") == []
    found = {
        str(path.relative_to(ROOT)): wrong
        for folder, kind in ((".", "README.md"), ("docs", "**/*.md"), ("dspreview", "**/*.py"))
        for path in (ROOT / folder).glob(kind)
        if (
            wrong := installs(
                path.read_text(encoding="utf-8").replace(f"dspreview-cli[dask] @ {REPOSITORY}", REPOSITORY)
            )
        )
    }
    assert found == {}
    assert f"pipx install {REPOSITORY}" in README


def test_how_it_works_names_files_that_are_there_and_all_rooms() -> None:
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    rooms: set[Path] = set()
    for line in page.splitlines():
        room = ROOT / "dspreview"
        for path in re.findall(r"`((?:\w+/)*(?:\w+\.py)?)`", line if line.startswith("| ") else ""):
            if "/" in path:
                room = ROOT / "dspreview" / path.rpartition("/")[0]
                rooms.add(room)
            if path.endswith(".py"):
                known = [room / path.rpartition("/")[2], ROOT / "dspreview" / path]
                assert any(one.is_file() for one in known), path
    packages = {path.parent for path in (ROOT / "dspreview").rglob("__init__.py")} - {ROOT / "dspreview"}
    assert packages - rooms - {one.parent for one in packages} == set()
    for path in re.findall(r"`((?:\w+/)+\w+\.py)`", page):
        assert (ROOT / "dspreview" / path).is_file() or (ROOT / path).is_file(), path


def test_examples_in_python_run() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    parts = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(parts) == 4
    for part in parts:
        subprocess.run([sys.executable, "-W", "error", "-c", part], cwd=ROOT, check=True)
