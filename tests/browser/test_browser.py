"""The pages in a browser: they work, look right, and run nothing of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Visit
from tests.serve.conftest import Site
from tests.support.data import write

PAGES: dict[str, dict[str, Any]] = {
    "media": {"split": "train"},
    "numbers": {"split": "train"},
    "numbers-filter": {"split": "train", "where": "n > 5", "orderby": "n DESC"},
    "numbers-mistake": {"split": "train", "where": "m = 1"},
    "numbers-column": {"split": "train", "column": "word"},
    "numbers-columns": {"split": "train", "columns": "word,n"},
    "numbers-sql": {"split": "train", "sql": "SELECT n, word, [n] AS list FROM train LIMIT 30"},
    "numbers-select": {"split": "train", "sql": "SELECT m FROM train"},
    "media-row": {"split": "train", "row": 0},
    "media-dataset": {},
    "hostile": {"split": "train"},
    "hostile-row": {"split": "train", "row": 0},
}


def open_page(visit: Visit, site: Site, name: str) -> Any:
    """One of the pages."""
    if name == "index":
        return visit.go("/")
    return visit.view(getattr(site, name.partition("-")[0]), **PAGES[name])


@pytest.mark.parametrize("width", [360, 1_280])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", *PAGES])
def test_a_page_has_no_flaw(visit: Callable[..., Visit], site: Site, name: str, theme: str, width: int) -> None:
    page = open_page(visit(theme=theme, width=width), site, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("window.shifts") == 0


def test_pictures_load_and_nothing_moves(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().view(site.media, split="train")
    sizes = page.evaluate("[...document.images].map(one => [one.complete, one.naturalWidth, one.width, one.height])")
    assert sizes == [[True, 64, 64, 48]] * 3 + [[True, 8, 8, 6]]
    assert page.evaluate("window.shifts") == 0


def test_a_sound_plays_from_any_place(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().view(site.media, split="train")
    seconds = page.evaluate(
        """async () => {
          const sound = document.querySelector('audio');
          const heard = name => new Promise(done => sound.addEventListener(name, done, {once: true}));
          sound.muted = true;
          sound.preload = 'auto';
          sound.load();
          await heard('loadedmetadata');
          const length = sound.duration;
          sound.currentTime = 30;
          await heard('seeked');
          const place = sound.currentTime;
          await sound.play();
          await heard('timeupdate');
          return [length, place, sound.currentTime >= 30, sound.error];
        }"""
    )
    assert seconds == [40, 30, True, None]


def test_a_picture_opens_large_and_the_keyboard_leads_on_and_back(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().view(site.media, split="train")
    first, second = page.locator("a.picture").nth(0), page.locator("a.picture").nth(1)
    first.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    assert page.url.endswith("split=train")  # no other page
    shown = dialog.locator("img")
    assert shown.evaluate("one => one.decode().then(() => one.src)").endswith(first.get_attribute("href") or "?")
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("ArrowRight")
    assert (shown.get_attribute("src") or "").endswith(second.get_attribute("href") or "?")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert second.evaluate("one => one === document.activeElement")


def test_a_filter_is_typed_and_answered_in_place(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().view(site.numbers, split="train")
    page.get_by_label("Where").fill("n > 290 AND word = 'w0'")
    page.get_by_label("Order by").fill("n DESC")
    page.keyboard.press("Enter")
    page.wait_for_url("**where=**")
    assert page.locator("tbody th").all_inner_texts() == ["297", "294", "291"]
    page.get_by_label("Where").fill("nn > 1")
    page.get_by_role("button", name="Show").click()
    problem = page.get_by_role("alert")
    problem.wait_for()
    assert "no column 'nn'" in problem.inner_text()
    assert page.get_by_label("Where").input_value() == "nn > 1"
    page.get_by_role("link", name="Clear").click()
    page.wait_for_load_state("networkidle")
    assert page.get_by_label("Where").input_value() == ""
    assert len(page.locator("tbody th").all()) == 50


def test_pages_turn(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().view(site.numbers, split="train")
    page.get_by_role("link", name="Next").first.click()
    page.wait_for_url("**offset=50**")
    assert page.locator("tbody th").first.inner_text() == "50"
    page.get_by_role("link", name="Previous").first.click()
    page.wait_for_url("**offset=0**")
    page.get_by_role("link", name="Row 3, all of it").click()
    page.wait_for_url("**row=3**")
    assert "1.5" in page.locator("dl").inner_text()


def test_it_reads_without_javascript(visit: Callable[..., Visit], site: Site) -> None:
    page = visit(java_script_enabled=False).view(site.media, split="train")
    assert page.locator("tbody tr").count() == 3
    page.locator("a.picture").first.click()
    page.wait_for_url("**/assets/**")
    page.go_back()
    page.get_by_label("Where").fill("kind = 'dog'")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**where=**")
    assert page.locator("tbody th").all_inner_texts() == ["1", "2"]


def test_the_first_tab_skips_to_the_content(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().view(site.numbers, split="train")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("row", [None, 0, 1])
def test_nothing_of_a_hostile_dataset_runs(visit: Callable[..., Visit], site: Site, row: int | None) -> None:
    page = visit().view(site.hostile, split="train", **({} if row is None else {"row": row}))
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("window.ran") is None
    assert (
        page.evaluate("[...document.querySelectorAll('a')].filter(one => one.protocol === 'javascript:').length") == 0
    )


def test_a_script_would_not_run_even_if_it_got_in(visit: Callable[..., Visit], site: Site) -> None:
    one = visit()
    page = one.view(site.hostile, split="train")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran=1\">')")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran=2'}))"
    )
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") is None
    assert len([problem for problem in one.problems if "Content Security Policy" in problem]) >= 1
    one.problems.clear()  # what the browser says of these two is what is asked for


def test_a_file_that_a_browser_would_run_is_downloaded(visit: Callable[..., Visit], site: Site) -> None:
    page = visit().go("/")
    for path in site.assets(site.scripts):
        with page.expect_download() as info:
            page.evaluate("path => { location.href = path }", path)
        assert info.value.suggested_filename.startswith("x")
    assert page.evaluate("window.ran") is None


def test_a_csv_is_converted_by_a_click(visit: Callable[..., Visit], site: Site, tmp_path: Path) -> None:
    folder = write(tmp_path / "long", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(300))})
    assert site.program("rows", folder).code == 0
    page = visit().view(str(folder), config="default", split="train", offset=200)
    page.get_by_role("button", name="Convert it now").click()
    page.get_by_role("link", name="Row 249, all of it").wait_for()
