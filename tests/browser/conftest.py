"""A real Chromium, headless, on a real server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serve.conftest import Site, site  # noqa: F401 - the same server as the tests without a browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run", "--autoplay-policy=no-user-gesture-required"]  # fmt: skip
LAYOUT = """
window.shifts = 0;
new PerformanceObserver(list => {
  for (const one of list.getEntries())
    if (one.sources.some(source => source.node)) window.shifts += one.value;  // not inside the browser's own player
}).observe({type: 'layout-shift', buffered: true});
"""


def chromium() -> str:
    """The browser of this machine."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, f"no browser: install one of {', '.join(NAMES)}"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield running
        running.close()


class Visit:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.problems: list[str] = []
        self.requests: list[str] = []
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.requests.append(request.url))

    def note(self, message: Any) -> None:
        """What the console says, but for plain messages."""
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text}")

    def go(self, path: str) -> Page:
        """Open a path and wait until everything is there."""
        self.page.goto(self.url + path.removeprefix("/"))
        self.page.wait_for_load_state("networkidle")
        return self.page

    def view(self, dataset: str, **parameters: str | int) -> Page:
        """Open the page of a dataset."""
        words = "".join(f"&{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        return self.go(f"/view?dataset={quote(dataset, safe='')}{words}")


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visit]]:  # noqa: F811
    """Opens pages; at the end nothing may have gone wrong, and no other host was asked."""
    visits: list[Visit] = []

    def start(*, width: int = 1_280, height: int = 800, theme: Any = "light", **options: Any) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **options)
        if options.get("java_script_enabled", True):
            context.add_init_script(LAYOUT)
        visits.append(Visit(context.new_page(), site.server.url))
        return visits[-1]

    yield start
    for one in visits:
        one.page.context.close()
        assert one.problems == []
        assert [url for url in one.requests if not url.startswith((site.server.url, "data:"))] == []
