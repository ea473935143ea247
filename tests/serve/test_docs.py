"""The examples of docs/serve.md, as written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.program import Program
from tests.support.server import Server

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
DATASET = "./docs/examples/signals"


def test_the_examples_answer(dspreview: Program, serve: Callable[..., Server]) -> None:
    dspreview.cwd = ROOT
    assert dspreview("rows", DATASET).code == 0
    server = serve()
    answers = {}
    for line in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0].splitlines():
        curl, silent, address = shlex.split(line)
        assert (curl, silent) == ("curl", "-s")
        parts = urlsplit(address)
        answer = server.get(f"{parts.path}?{parts.query}")
        assert answer.status == 200, line
        answers[parts.path] = answer
    assert answers["/healthcheck"].text == "ok"
    assert answers["/is-valid"].json == {"valid": True}
    assert answers["/rows"].json == dspreview("rows", DATASET, "signals", "train", "--json").json
    found = [(row["row"]["signal"], row["row"]["units"]) for row in answers["/filter"].json["rows"]]
    assert found[:2] == [("WHAT HATH GOD WROUGHT", 189), ("PARIS", 43)]
    assert all(units > 20 for _, units in found)


def test_every_endpoint_is_there(serve: Callable[..., Server]) -> None:
    server = serve()
    table = TEXT.partition("| endpoint |")[2].partition("```")[0]
    paths = re.findall(r"`(?:POST )?(/[\w-]+)`", table)
    assert len(paths) == 22
    for path in paths:
        assert server.get(path).text != "Not Found", path
