"""The pages: what they hold, and that nothing of a dataset becomes more than text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.serve.conftest import HOSTILE, Site
from tests.support.data import parquet, picture, write
from tests.support.program import Program
from tests.support.server import Server


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of each element that fits."""
        return [found for name, found in self.elements if name == tag and attributes.items() <= found.items()]

    @property
    def text(self) -> str:
        """Everything that is read."""
        return " ".join(self.words)


def page_of(server: Server, path: str = "/view", **parameters: str | int) -> Page:
    """A page that is there."""
    answer = server.query(path, **parameters)
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return Page(answer.text)


def test_the_index_lists_what_is_cached(site: Site) -> None:
    page = page_of(site.server, "/")
    for path in (site.media, site.table, site.numbers, site.hostile):
        assert path in page.words
    assert "Datasets 0–4 of 5" in page.text
    sizes = [word for word in page.words if re.fullmatch(r"[\d.]+ (B|kB|MB)", word)]
    assert len(sizes) == 5
    assert page.words.count("valid") == 5


def test_the_index_finds_names(site: Site) -> None:
    page = page_of(site.server, "/", q="NUMBERS")
    assert site.numbers in page.words
    assert site.media not in page.words
    assert "No dataset of the cache has" in page_of(site.server, "/", q="100%_x").text


def test_the_index_has_pages(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    names = [write(tmp_path / f"d{n:03d}", {"a.csv": "a\n1\n"}) for n in range(60)]
    assert dspreview("splits", "--from", "-", stdin="\n".join(map(str, names))).code == 0
    server = serve()
    first = page_of(server, "/")
    assert "Datasets 0–49 of 60" in first.text
    (following,) = first.all("a", rel="next")
    second = Page(server.get(following["href"]).text)
    assert "Datasets 50–59 of 60" in second.text
    assert str(names[59]) in second.words
    assert second.all("a", rel="prev")


def test_a_dataset_lists_its_splits_and_what_is_wrong(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"train.csv": 'a,b\n1,"open\n', "test.csv": "a,b\n1,2\n"})
    for split in ("train", "test"):
        dspreview("rows", tmp_path / "d", "default", split)
    page = page_of(serve(), dataset=str(tmp_path / "d"))
    assert {"train", "test", "valid", "error"} <= set(page.words)
    assert any("train.csv" in word for word in page.words)


def test_a_split_is_a_table_with_types_and_a_picture_of_each_column(site: Site) -> None:
    page = page_of(site.server, dataset=site.numbers, split="train")
    assert {"n", "half", "word", "integer", "number", "text", "w1"} <= set(page.words)
    assert "Rows 0–49 of 300" in page.text
    drawings = page.all("svg", role="group")
    assert len(drawings) == 3
    assert drawings[0]["aria-label"].startswith("Distribution of the first 100 rows: 0 to 9.9: 10; 9.9 to 19.8: 10")
    assert drawings[2]["aria-label"] == "Distribution of the first 100 rows: w0: 34; w1: 33; w2: 33"
    assert len(page.all("th", scope="col")) == 4
    assert len(page.all("th", scope="row")) == 50


def test_statistics_of_all_rows_are_drawn_where_they_are_known(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "n.parquet"
    path.write_bytes(parquet({"n": [*range(300), 10_000]}))
    dspreview("rows", path)
    assert dspreview("stats", path).code == 0
    (drawing,) = page_of(serve(), dataset=str(path), split="train").all("svg", role="group")
    assert drawing["aria-label"].startswith("Distribution of all 301 rows: 0 to 1001: 300;")


def test_pages_lead_on_to_the_end_of_the_split(site: Site) -> None:
    path = f"/view?dataset={quote(site.numbers, safe='')}&split=train"
    seen = []
    while path:
        page = Page(site.server.get(path).text)
        seen += [
            int(one["aria-label"].split(",")[0].removeprefix("Row "))
            for one in page.all("a")
            if one.get("aria-label", "").startswith("Row ")
        ]
        following = page.all("a", rel="next")
        path = following[0]["href"] if following else ""
    assert seen == list(range(300))


def test_rows_that_are_not_on_this_machine_are_told_with_the_command_that_brings_them(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = str(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(400)))
    dspreview("rows", path)
    server = serve()
    page = page_of(server, dataset=path, split="train", offset=100)
    assert f"dspreview stats {path} default train" in page.words
    page = page_of(server, dataset=path, split="train", where="n = 399")
    assert f"dspreview stats {path} default train" in page.words
    assert "Rows 0–49" in page.text  # what is here is shown all the same


def test_a_filter_is_answered_and_stays_in_its_box(site: Site) -> None:
    page = page_of(site.server, dataset=site.numbers, split="train", where="n > 290 AND word = 'w0'", orderby="n DESC")
    rows = [one["aria-label"] for one in page.all("a") if one.get("aria-label", "").startswith("Row ")]
    assert rows == ["Row 297, all of it", "Row 294, all of it", "Row 291, all of it"]
    (box,) = page.all("input", id="where")
    assert box["value"] == "n > 290 AND word = 'w0'"
    assert "Rows 0–2 of 3 that were found" in page.text
    nothing = page_of(site.server, dataset=site.numbers, split="train", where="n < 0")
    assert "No rows of 0 that were found" in nothing.text


def test_a_mistake_in_the_filter_is_shown_in_place(site: Site) -> None:
    answer = site.server.query("/view", dataset=site.numbers, split="train", where="m = 1 AND n > 2")
    assert answer.status == 200
    page = Page(answer.text)
    (box,) = page.all("input", id="where")
    assert box["aria-invalid"] == "true"
    (problem,) = page.all("div", id=box["aria-describedby"])
    assert problem["role"] == "alert"
    assert "where: at character 1: no column 'm'" in page.text
    assert "<pre>  m = 1 AND n &gt; 2\n  ^</pre>" in answer.text
    assert "Rows 0–49 of 300" in page.text


def test_media_have_their_size_before_they_arrive(site: Site) -> None:
    page = page_of(site.server, dataset=site.media, split="train")
    pictures = page.all("img")
    assert [(one["width"], one["height"], one["loading"]) for one in pictures] == [("64", "48", "lazy")] * 3 + [
        ("8", "6", "lazy")
    ]
    assert all(one["src"].startswith("/assets/") and one["alt"] for one in pictures)
    links = page.all("a", **{"class": "picture"})
    assert [one["href"] for one in links] == [one["src"] for one in pictures]
    sounds = page.all("audio")
    assert len(sounds) == 2
    assert all(one["src"].endswith(".wav") and one["aria-label"] for one in sounds)
    assert "40 s · 8 kHz" in page.words
    assert "cannot be shown: no image that Pillow knows" in page.words
    assert "null" in page.words
    assert {"cat", "dog"} <= set(page.words)


def test_a_large_picture_is_shown_small(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    write(tmp_path / "d", {"a.png": picture(size=(1_600, 400))})
    dspreview("rows", tmp_path / "d")
    server = serve()
    (small,) = page_of(server, dataset=str(tmp_path / "d"), split="train").all("img")
    assert (small["width"], small["height"]) == ("160", "40")
    (large,) = page_of(server, dataset=str(tmp_path / "d"), split="train", row=0).all("img")
    assert (large["width"], large["height"]) == ("960", "240")


def test_long_and_nested_cells_fold(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    text = "word " * 200
    (tmp_path / "a.parquet").write_bytes(parquet({"t": [text], "n": [{"a": [{"b": list(range(50))}], "c": "x"}]}))
    dspreview("rows", tmp_path / "a.parquet")
    server = serve()
    answer = server.query("/view", dataset=tmp_path / "a.parquet", split="train")
    page = Page(answer.text)
    assert len(page.all("details", **{"class": "cut"})) == 1
    assert len(page.all("details", **{"class": "fold"})) == 4  # the struct, its list, the struct in it, its list
    assert {"a", "c", "b", "49"} <= set(page.words)
    assert text.strip() in page.text
    row = page_of(server, dataset=str(tmp_path / "a.parquet"), split="train", row=0)
    assert row.all("details", **{"class": "cut"}) == []
    assert text.strip() in row.text


def test_a_cut_cell_is_whole_on_its_rows_page(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    long = [f"{n}" + "x" * 300_000 for n in range(12)]
    (tmp_path / "a.parquet").write_bytes(parquet({"t": long}))
    dspreview("rows", tmp_path / "a.parquet")
    server = serve()
    assert "… cut" in page_of(server, dataset=str(tmp_path / "a.parquet"), split="train").text
    whole = page_of(server, dataset=str(tmp_path / "a.parquet"), split="train", row=3)
    assert long[3] in whole.words


def test_one_row_has_all_columns_and_neighbours(site: Site) -> None:
    page = page_of(site.server, dataset=site.numbers, split="train", row=299)
    assert {"n", "half", "word", "299", "149.5", "w2"} <= set(page.words)
    (before,) = page.all("a", rel="prev")
    assert parse_qs(urlsplit(before["href"]).query)["row"] == ["298"]
    assert page.all("a", rel="next") == []
    beyond = page_of(site.server, dataset=site.numbers, split="train", row=300)
    assert "There is no row 300; the split has 300 rows." in beyond.words


@pytest.mark.parametrize(
    "more", [{}, {"row": 0}, {"row": 1}, {"where": "\"file\" <> 'x' OR " + "1" * 3}, {"where": HOSTILE}]
)
def test_nothing_of_a_dataset_becomes_more_than_text(site: Site, more: dict[str, str | int]) -> None:
    answer = site.server.query("/view", dataset=site.hostile, split="train", **more)
    assert answer.status == 200
    page = Page(answer.text)
    scripts = page.all("script")
    assert len(scripts) == 1
    assert scripts[0]["src"].startswith("/static/")
    for tag, attributes in page.elements:
        assert tag not in {"iframe", "object", "embed", "base", "style"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        for name in ("href", "src", "action"):
            if name in attributes:
                link = attributes[name]
                assert link.startswith(("/", "#")) or (tag == "a" and link.startswith("http://example.com/")), (
                    tag,
                    link,
                )
                if link.startswith("http"):
                    assert "noopener" in attributes["rel"]
    assert page.all("img") == []
    assert "49" not in page.words
    assert HOSTILE in page.text
    assert not set("\x1b\x00\u202e") & set(answer.text)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_pages_ask_no_other_host(site: Site) -> None:
    for path in ("/", f"/view?dataset={quote(site.media)}&split=train"):
        page = Page(site.server.get(path).text)
        for tag, attributes in page.elements:
            if tag in {"link", "script", "img", "audio", "video"}:
                link = attributes.get("href") or attributes["src"]
                assert link.startswith("/"), (tag, link)
                assert site.server.get(link).status == 200, link


def test_style_and_script_are_kept_by_browsers_under_names_of_their_content(site: Site) -> None:
    page = page_of(site.server, "/")
    (script,), (icon, style) = page.all("script"), page.all("link")
    for link, kind in (
        (script["src"], "text/javascript"),
        (style["href"], "text/css"),
        (icon["href"], "image/svg+xml"),
    ):
        answer = site.server.get(link)
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("parameters", "status", "told"),
    [
        ({}, 400, "Parameter 'dataset' is required"),
        ({"dataset": "no/such"}, 404, "dspreview refresh no/such"),
        ({"dataset": "no/such", "split": "train"}, 404, "no/such is not in the cache"),
    ],
)
def test_a_page_that_is_not_there_says_why(
    site: Site, parameters: dict[str, str | int], status: int, told: str
) -> None:
    answer = site.server.query("/view", **parameters)
    assert answer.status == status
    assert told in Page(answer.text).text


def test_a_split_whose_rows_nobody_asked_for_says_how_to_bring_them(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.csv": "a\n1\n"})
    dspreview("splits", tmp_path / "d")
    page = page_of(serve(), dataset=str(tmp_path / "d"), split="train")
    assert f"dspreview refresh {tmp_path}/d default train" in page.words
