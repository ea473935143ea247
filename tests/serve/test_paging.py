"""Paging: every row is reached, no number takes a page down, links and commands lead somewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.serve.conftest import Site
from tests.serve.test_pages import Page, page_of
from tests.support.data import parquet, write
from tests.support.program import Program
from tests.support.server import Server


def cached(program: Program, path: Path, table: dict[str, object] | pa.Table) -> str:
    """A Parquet file in the cache."""
    path.write_bytes(parquet(table))
    assert program("rows", path, "--json").code == 0
    return str(path)


def test_a_window_across_the_end_of_the_stored_page_is_whole(site: Site) -> None:
    answer = site.server.query("/rows", dataset=site.numbers, config="default", split="train", offset=90, length=20)
    assert answer.json == site.rows(site.numbers, "--offset", "90", "--length", "20")
    assert [row["row_idx"] for row in answer.json["rows"]] == list(range(90, 110))


def test_every_row_is_reached_where_pages_are_short(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = cached(dspreview, tmp_path / "heavy.parquet", {"i": list(range(120)), "t": ["x" * 39_000] * 120})
    server = serve()
    for more in ("", "&where=i%20%3E%3D%200"):
        link, seen = f"/view?dataset={path}&split=train{more}", list[int]()
        while link:
            page = Page(server.get(link).text)
            seen += [
                int(one["aria-label"].split(",")[0][4:])
                for one in page.all("a")
                if one.get("aria-label", "").startswith("Row ")
            ]
            link = next((one["href"] for one in page.all("a", rel="next")), "")
        assert seen == list(range(120))


@pytest.mark.parametrize(
    "values",
    [[-1.7e308, 1.7e308], [1e308, -1e308, 0.0], [2**63 - 1, -(2**63)], [0.1 + 0.2, 0.3], [5e-324, 0.0]],
)
def test_no_number_takes_a_page_down(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path, values: list[float]
) -> None:
    path = cached(dspreview, tmp_path / "n.parquet", {"x": values})
    server = serve()
    assert page_of(server, dataset=path, split="train").all("table")
    assert dspreview("stats", path).code == 0
    assert page_of(server, dataset=path, split="train").all("table")


def test_pages_beyond_the_end_lead_back(
    dspreview: Program, serve: Callable[..., Server], site: Site, tmp_path: Path
) -> None:
    index = page_of(site.server, "/", offset=1000)
    assert "The cache is empty" not in index.text
    assert index.all("a", rel="prev")
    (tmp_path / "a.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(400)))
    dspreview("rows", tmp_path / "a.csv")
    server = serve()
    beyond = page_of(server, dataset=str(tmp_path / "a.csv"), split="train", offset=100)
    assert beyond.all("a", rel="prev")
    row = page_of(server, dataset=str(tmp_path / "a.csv"), split="train", row=300)
    assert "There is no row" not in row.text


def test_a_split_far_down_is_in_its_navigation(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    splits = "".join(f"  - {{split: s{n:02d}, path: a.csv}}\n" for n in range(40))
    write(
        tmp_path / "d",
        {"README.md": f"---\nconfigs:\n- config_name: c\n  data_files:\n{splits}---\n", "a.csv": "a\n1\n"},
    )
    assert dspreview("rows", tmp_path / "d", "c", "s39").code == 0
    page = page_of(serve(), dataset=str(tmp_path / "d"), config="c", split="s39")
    (current,) = page.all("a", **{"aria-current": "page"})
    assert "split=s39" in current["href"]
    assert "all 40" in page.words


def test_after_a_mistake_the_rows_are_not_called_filtered(site: Site) -> None:
    for name in ("where", "orderby"):
        page = page_of(site.server, dataset=site.numbers, split="train", **{name: "nope >"})
        (box,) = page.all("input", **{"aria-invalid": "true"})
        assert box["name"] == name
        assert "These rows are not filtered." in page.words
        (following, _) = page.all("a", rel="next")
        assert "nope" not in following["href"]


def test_commands_can_be_pasted(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    folder = write(tmp_path / "a b; touch gone", {"a.csv": "n\n" + "1\n" * 200})
    assert dspreview("rows", folder).code == 0
    answer = serve().query("/filter", dataset=folder, config="default", split="train", where="n = 1")
    command = answer.json["message"].partition("run: ")[2]
    assert command == f"dspreview stats '{folder}' default train"
    missing = dspreview("rows", "./a b; rm x", "--cached")
    assert f"run: dspreview refresh '{'./a b; rm x'}'" in missing.err
