"""`nox -s browser -- --shots`: the pictures of docs/serve.md, taken of the dataset that ships in docs/examples."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import QUIET, chromium
from tests.support.program import Program
from tests.support.server import Server

ROOT = Path(__file__).parent.parent.parent
DATASET = "./docs/examples/signals"
VIEW = f"/view?dataset={DATASET}&config=signals&split=train"
SHOTS = {
    "split-light": (VIEW, "light", 1_200, 760),
    "split-dark": (f"{VIEW}&where=units > 20&orderby=units DESC", "dark", 1_200, 760),
    "phone-light": (VIEW, "light", 360, 700),
    "phone-dark": (f"{VIEW}&row=3", "dark", 360, 700),
}


def main() -> None:
    """Take them."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        program = Program(Path(name), cwd=ROOT)
        for words in (("rows", DATASET), ("stats", DATASET), ("rows", DATASET, "alphabet", "letters")):
            assert program(*words).code == 0
        server = Server(program)
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        for shot, (path, theme, width, height) in SHOTS.items():
            size = {"width": width, "height": height}
            page = browser.new_page(viewport=size, color_scheme=theme)
            page.goto(server.url + path[1:])
            page.wait_for_load_state("networkidle")
            page.screenshot(path=ROOT / "docs" / "pictures" / f"{shot}.png")
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
