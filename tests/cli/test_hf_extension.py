"""`hf dspreview …`: the program as an extension of the Hub's own command, installed as `hf extensions install` leaves it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program

pytestmark = pytest.mark.started


def test_hf_runs_it_with_its_words_and_its_exit_code(dspreview: Program, tmp_path: Path) -> None:
    beside = Path(sys.executable).parent
    program, hf = shutil.which("hf-dspreview", path=str(beside)), shutil.which("hf", path=str(beside))
    assert program is not None
    assert hf is not None
    manifest = {
        "owner": "dspreview", "repo": "hf-dspreview", "repo_id": "dspreview/hf-dspreview", "short_name": "dspreview",
        "executable_path": program, "type": "python", "installed_at": "2026-11-30T00:00:00+00:00",
    }  # fmt: skip
    write(dspreview.home / ".local/share/hf/extensions/hf-dspreview", {"manifest.json": json.dumps(manifest)})
    data = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    env = dspreview.environment(HF_HUB_DISABLE_UPDATE_CHECK="1", HF_HUB_OFFLINE="1")

    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [hf, "dspreview", *words], env=env, capture_output=True, check=False, text=True, timeout=60
        )

    rows = asked("rows", str(data), "--json")
    assert rows.returncode == 0, rows.stderr
    assert [row["row"] for row in json.loads(rows.stdout)["rows"]] == [{"n": 1}]
    missing = asked("rows", str(tmp_path / "nothing"))
    assert (missing.returncode, missing.stdout) == (3, "")
    assert "no such file or folder" in missing.stderr
