"""The mutator itself: each change is Python, is another program, and stands where it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.__main__ import equivalents, key, report
from tests.mutants.mutator import mutants_of, sample
from tests.mutants.noted import NOTES
from tests.mutants.reach import Reach, prepare, written
from tests.mutants.rooms import ROOMS, files_of, modules, naming, room_of
from tests.mutants.trees import FLAGS, ROOT

CHANGES = {
    "x = a < b": {"x = a <= b"},
    "x = a >= b": {"x = a > b"},
    "x = é == b": {"x = é != b"},
    "x = a not  in b": {"x = a in b"},
    "x = a is b": {"x = a is not b"},
    "x = a < b > c": {"x = a <= b > c", "x = a < b >= c"},
    "x = (a  # <\n) < (\n b)": {"x = (a  # <\n) <= (\n b)"},
    "x = a and b or c": {"x = a or b or c", "x = a and b and c"},
    "x = 'é' and not a": {"x = 'é' or not a", "x = 'é' and a"},
    "x = not(a)": {"x = (a)"},
    "x = 1_000": {"x = 1001"},
    "x = -1.5": set(),
    "x = True": {"x = False"},
    "x = a + b": {"x = a - b"},
    "x = a // b * c": {"x = a * b * c", "x = a // b // c"},
    "x = HIGH / BINS": {"x = HIGH * BINS"},
    "x = folder / name": set(),
    "x = 'a' + b": set(),
    "x += a": {"x -= a"},
    "x = y[a:b]": {"x = y[:b]", "x = y[a:]"},
    "x = min(a)": {"x = max(a)"},
    "x = b if a else c": {"x = b if not (a) else c", "x = b if True else c", "x = b if False else c"},
    "x = [a for a in b if a]": {"x = [a for a in b if True]"},
    "if a is b:\n    x()": {"if a is not b:\n    x()", "if True:\n    x()", "if False:\n    x()"},
    "if not a:\n    x()": {"if a:\n    x()", "if True:\n    x()", "if False:\n    x()"},
    "if a == 'x':\n    raise b": {"if a != 'x':\n    raise b", "if True:\n    raise b", "if False:\n    raise b"},
    "if x := a():\n    raise b": {"if x := a():\n    pass"},
    "raise Error(f'{1 % a}')": {"pass"},
    "guard(a)": {"pass"},
    "self.check_pixels(a)": {"pass"},
    "rows.append(a)": set(),
    "for a in b:\n    break": {"for a in b:\n    continue"},
    "def f() -> int:\n    return a": {"def f() -> int:\n    return None"},
    "def f() -> bool:\n    return a": {"def f() -> bool:\n    return not (a)"},
    "def f() -> bool:\n    return True": {"def f() -> bool:\n    return False"},
    "def f():\n    return None": {"def f():\n    return True"},
    "def f():\n    a()\n    return": {"def f():\n    a()\n    pass"},
    "def f(*, a=3, b=False): ...": {"def f(*, a=4, b=False): ...", "def f(*, a=3, b=True): ..."},
    '"""Text < 1."""': set(),
    "__all__ = [1]": set(),
    "EXTRACTOR_VERSION = 7": set(),
    "LEASE_SECONDS = 60": set(),
    "PER_SECOND = 60": {"PER_SECOND = 61"},
    "x = ask(timeout=3)": set(),
    "time.sleep(1)": set(),
    "logging.info(1)": set(),
    "if TYPE_CHECKING:\n    x = 1": set(),
    "@dataclass(slots=True)\nclass A:\n    x: Literal[1]": set(),
    "x = f'{a:{1}}'": set(),
}
if sys.version_info >= (3, 12):  # before, Python does not know where in a text its parts stand
    CHANGES["x = f'é{a + 1:02d}'"] = {"x = f'é{a - 1:02d}'", "x = f'é{a + 2:02d}'"}


@pytest.mark.parametrize("text", CHANGES)
def test_what_is_changed(text: str) -> None:
    data = text.encode()
    assert {one.applied(data).decode() for one in mutants_of("x.py", data)} == CHANGES[text]
    assert all(one.is_valid(data) for one in mutants_of("x.py", data))


@pytest.mark.parametrize(
    "path", ["dspreview/page/iso.py", "dspreview/query/language/predicate.py", "dspreview/check/lock.py"]
)
def test_all_else_stays_byte_for_byte(path: str) -> None:
    data = (ROOT / path).read_bytes()
    found = mutants_of(path, data)
    assert len(found) > 50
    assert len({(one.edit, one.path) for one in found}) == len(found)
    for one in found:
        changed = one.applied(data)
        assert changed != data
        assert changed[: one.edit.start] == data[: one.edit.start]
        assert changed.endswith(data[one.edit.end :])
        assert data[one.edit.start : one.edit.end].decode() == one.old
        assert one.source == data.decode().split("\n")[one.line - 1].strip()
    assert all(one.is_valid(data) for one in found[::10])


def test_the_same_seed_draws_the_same() -> None:
    paths = ["dspreview/page/iso.py", "dspreview/query/statistics/histogram.py"]
    texts = {path: (ROOT / path).read_bytes() for path in paths}
    first = sample(texts, 1, 12)
    assert len(set(first)) == 12
    assert sample({path: texts[path] for path in reversed(paths)}, 1, 12) == first
    assert sample(texts, 1, 5) == first[:5]
    assert sample(texts, 2, 12) != first
    assert {one.path for one in first} == set(paths)


def test_what_does_not_parse_or_changes_nothing_is_not_drawn() -> None:
    data = b"x = y[(a):]\nx = not not b\n"
    assert len(sample({"x.py": data}, 1, 100)) == len([one for one in mutants_of("x.py", data) if one.is_valid(data)])


def test_every_module_has_a_room_and_every_room_tests() -> None:
    without = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dspreview").rglob("*.py")} - set(modules(ROOT))
    assert without == {"dspreview/__init__.py"}
    assert all(files_of(ROOT, room) for rooms in ROOMS.values() for room in rooms)
    assert room_of("dspreview/page/iso.py") == ["tests/page", "tests/extract"]


def test_tests_that_name_what_is_changed_come_first(tmp_path: Path) -> None:
    files = {
        "test_a.py": "from dspreview.check.lock import x",
        "test_b.py": "from dspreview.check import diff, lock",
        "test_lock.py": "",
        "test_c.py": "first_wrong(3)",
        "test_d.py": "import dspreview.check.locks",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = naming(tmp_path, "dspreview/check/lock.py", "first_wrong", list(files))
    assert found == ["test_a.py", "test_b.py", "test_lock.py"]
    assert naming(tmp_path, "dspreview/check/library.py", "first_wrong", list(files)) == ["test_c.py"]
    assert naming(tmp_path, "dspreview/check/library.py", "", list(files)) == []


def test_the_share(capsys: pytest.CaptureFixture[str]) -> None:
    one, two, three = mutants_of("x.py", b"x = 1\ny = 2\nz = 3")
    assert report([(one, "noticed"), (two, "timeout"), (three, "survived")]) == pytest.approx(2 / 3)
    assert "- `x.py:3`, in `the module`: `3` to `4` in `z = 3`" in capsys.readouterr().out
    assert report([]) == 1


def test_equivalents_have_a_reason() -> None:
    found = equivalents()
    assert all((ROOT / path).is_file() and reason.strip() for (path, _, _), reason in found.items())
    mutant = mutants_of("x.py", b"def f():\n    return not  a\n")[0]
    assert key(mutant) == ("x.py", "return not  a", "`not` left out")


def test_a_mutant_begins_with_its_statement() -> None:
    data = b"x = f(\n    a,\n    b < 1,\n)\nif (\n    c\n    and d\n):\n    pass\n"
    assert {(one.line, one.first) for one in mutants_of("x.py", data)} == {(3, 1), (6, 5), (7, 5)}


PROGRAM = {
    "dspreview/__init__.py": "",
    "dspreview/page/__init__.py": "",
    "dspreview/page/iso.py": "def low(x):\n    return x < 3\n\n\ndef high(x):\n    return x > 3\n",
    "tests/__init__.py": "",
    "tests/page/__init__.py": "",
    "tests/page/test_low.py": "from dspreview.page.iso import low\n\n\ndef test_low():\n    assert low(2)\n",
    "tests/page/test_high.py": """\
import os, subprocess, sys


def test_high():
    command = [sys.executable, "-c", "import sys; from dspreview.page.iso import high; sys.exit(high(4))"]
    assert subprocess.run(command, env=dict(os.environ)).returncode == 1
""",
}


def test_which_test_reaches_which_line_in_processes_too(tmp_path: Path) -> None:
    for name, text in PROGRAM.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    root, place = tmp_path / "tree", tmp_path / "reach"
    shutil.copytree(ROOT / "tests" / "mutants", root / "tests" / "mutants", ignore=shutil.ignore_patterns("test_*"))
    env = prepare(root, place)
    notes = tmp_path / "notes.json"
    subprocess.run(
        [sys.executable, "-m", "pytest", *FLAGS, "-n", "2", "tests/page"], cwd=root, check=True,
        env=os.environ | env | {"PYTHONPATH": str(root), NOTES: str(notes)},
    )  # fmt: skip
    written(root, place, Counter(json.loads(notes.read_text())["seconds"]), tmp_path / "reach.sqlite")
    reach = Reach(tmp_path / "reach.sqlite")
    files = ["tests/page/test_low.py", "tests/page/test_high.py"]
    assert [*reach.reaching("dspreview/page/iso.py", [2], files)] == ["tests/page/test_low.py::test_low"]
    assert [*reach.reaching("dspreview/page/iso.py", [6], files)] == ["tests/page/test_high.py::test_high"]
    assert not reach.reaching("dspreview/page/iso.py", [6], files[:1])
    assert [*reach.of(files[:1])] == ["tests/page/test_low.py::test_low"]
    assert not (root / "sitecustomize.py").exists()
