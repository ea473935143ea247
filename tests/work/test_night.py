"""A night of cron: 300 datasets of which some are broken, gone, slow or too big, and a report that names each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program


def test_a_night_ends_with_a_report_of_each_failure(tmp_path: Path, hub: Hub, online: Program) -> None:
    good = [str(write(tmp_path / f"good{n}", {"train.csv": f"a\n{n}\n"})) for n in range(280)]
    good += [str(write(tmp_path / f"pictures{n}", {"a.png": picture(), "b.png": b"no picture"})) for n in range(10)]
    hub.add("owner/good", {"data.parquet": parquet({"a": [1]})})
    hub.add("owner/slow", {"data.parquet": parquet({"a": [1]})})
    hub.add("owner/gated", {"data.parquet": parquet({"a": [1]})}, gated=True)
    bad = {
        str(write(tmp_path / "broken", {"train.parquet": b"no parquet at all"})): "not a Parquet file",
        str(write(tmp_path / "half", {"train.csv": "a\n1\n", "test.csv": 'a,b\n1,2\n3,4,5\n"'})): "",
        str(write(tmp_path / "empty", {"README.md": "nothing"})): "no data files",
        str(tmp_path / "gone"): "no such",
        "owner/slow": "JOB_MAX_SECONDS",
        "owner/gated": "gated",
        "owner/nowhere": "no such dataset",
    }

    def slowly(handler: Any, path: str) -> bool:
        del handler
        if "owner/slow" in path:
            time.sleep(100)
        return False

    hub.fault = slowly
    limits = {"JOB_MAX_SECONDS": "8", "JOB_MAX_MEMORY": "1_000_000_000", "HUB_TIMEOUT_SECONDS": "90"}
    names = [*good, *bad, "owner/good"]
    report = online("warm", "--from", "-", "--workers", "2", "--json", stdin="\n".join(names), **limits)
    assert report.code == 1
    reasons = {failure["dataset"]: failure["error"] for failure in report.json["failures"]}
    assert set(reasons) == set(bad)
    for name, reason in bad.items():
        assert reason in reasons[name], reasons[name]
        assert name in report.err
    assert "Traceback" not in report.err
    assert (report.json["enqueued"], report.json["failed"]) == (len(names), len(bad))
    stats = online("cache", "stats", "--json").json
    assert stats["splits"]["valid"] == len(good) + 1 + 1
    assert online("cache", "verify").code == 0
    hub.fault = None
    again = online("warm", "--from", "-", "--workers", "2", "--json", stdin="\n".join([*good, "owner/good"]))
    assert again.json == {"enqueued": 0, "done": 0, "failed": 0, "left": 0, "failures": []}


def test_a_job_over_its_memory_is_ended_and_told(hub: Hub, online: Program) -> None:
    hub.add("owner/slow", {"data.parquet": parquet({"a": [1]})})

    def slowly(handler: Any, path: str) -> bool:
        del handler
        if "owner/slow" in path:
            time.sleep(5)
        return False

    hub.fault = slowly
    report = online("warm", "--from", "-", "--json", stdin="owner/slow", JOB_MAX_MEMORY="1", HUB_TIMEOUT_SECONDS="90")
    assert (report.code, report.json["failed"]) == (1, 1)
    assert "JOB_MAX_MEMORY" in report.json["failures"][0]["error"]
