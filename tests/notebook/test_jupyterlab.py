"""A split in JupyterLab, in a real browser: it is drawn, can be read in both themes, and obeys nothing; `nox -s notebook`."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.data import picture, write

HERE = Path(__file__).parent.parent.parent
CELLS = (
    "import dspreview\npictures = dspreview.open('./pictures').split()\npictures",
    "dspreview.open('./chats').split()",
    "dspreview.open('./hostile').split()",
)
"""What somebody types."""


def notebook() -> str:
    """A notebook of these cells that nobody has run."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": text}
        for n, text in enumerate(CELLS)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab with the notebook; its address."""
    folder = tmp_path_factory.mktemp("lab")
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello there"}]
    write(
        folder,
        {
            "pictures/cat/a.png": picture(), "pictures/dog/b.png": picture(size=(300, 20)),
            "chats/a.jsonl": json.dumps({"messages": turns, "n": 1}) + "\n",
            "hostile/a.csv": "a,b\n<img src=x onerror=window.ran=1>,<script>window.ran=2</script>\n</table></style>,{{ 7*7 }}\n",
            "a.ipynb": notebook(),
        },
    )  # fmt: skip
    token = secrets.token_hex(16)
    env = os.environ | {
        "HOME": str(folder),
        "DSPREVIEW_DATABASE": str(folder / "cache" / "x.sqlite"),
        "PYTHONPATH": str(HERE),
    }
    words = [
        f"--ServerApp.root_dir={folder}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.port=0",
        "--expose-app-in-browser",
    ]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *words]
    running = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    address = next(found[0] for line in running.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    yield f"{address}/lab/tree/a.ipynb?token={token}&reset"
    running.terminate()
    running.communicate()


@pytest.fixture(scope="module", params=["JupyterLab Light", "JupyterLab Dark"])
def page(request: pytest.FixtureRequest, browser: Browser, lab: str) -> Iterator[Page]:
    """The notebook in a theme, its cells run."""
    context = browser.new_context(viewport={"width": 1_280, "height": 1_400})
    page = context.new_page()
    page.goto(lab)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function("document.body.innerText.includes('| Idle')", timeout=120_000)  # its kernel
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", request.param)
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        f"document.querySelectorAll('.jp-OutputArea-output table.dspreview').length === {len(CELLS)}", timeout=120_000
    )
    page.wait_for_selector(f"body[data-jp-theme-name='{request.param}']", state="attached")
    yield page
    context.close()


def test_pictures_are_there(page: Page) -> None:
    sizes = page.evaluate(
        "[...document.querySelectorAll('table.dspreview img')].map(one => [one.complete, one.naturalWidth])"
    )
    assert sizes == [[True, 8], [True, 96]]


def test_a_conversation_is_read_as_one(page: Page) -> None:
    said = page.evaluate("document.querySelectorAll('table.dspreview')[1].innerText")
    assert re.search(r"user hi\s+assistant hello there", said)


def test_nothing_of_the_data_runs(page: Page) -> None:
    assert page.evaluate("window.ran") is None
    said = page.evaluate("document.querySelectorAll('table.dspreview')[2].innerText")
    assert "<img src=x onerror=window.ran=1>" in said
    assert "{{ 7*7 }}" in said


def test_it_can_be_read_in_its_theme(page: Page) -> None:
    found: Any = Axe().run(page, context=".jp-OutputArea-output table.dspreview").response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate(
        "[...document.querySelectorAll('table.dspreview')].every(one => one.getBoundingClientRect().width > 100)"
    )


def test_its_style_is_its_own(page: Page) -> None:
    """The style of the tables changes nothing of the rest of the page."""
    fonts = page.evaluate(
        "[getComputedStyle(document.querySelector('.jp-Cell-inputWrapper')).borderCollapse, getComputedStyle(document.querySelector('table.dspreview')).borderCollapse]"
    )
    assert fonts == ["separate", "collapse"]
