"""The page of a split: search, sorting by a click, jumping to a row; all of it in the address, none of it with scripts."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest

from dspreview.documents.page import names_in
from dspreview.serve.views import quoted
from tests.serve.conftest import Site
from tests.support.server import Answer


def view(site: Site, **parameters: str | int) -> Answer:
    """The page of the numbers."""
    return site.server.query("/view", dataset=site.numbers, config="default", split="train", **parameters)


def heads(page: Answer) -> list[str]:
    """The columns that are shown."""
    return re.findall(r'<th scope="col"[^>]*><span class="name" title="([^"]*)"', page.text)


def places(page: Answer) -> list[int]:
    """The rows that are shown, in their order."""
    return [int(one) for one in re.findall(r'aria-label="Row (\d+), all of it"', page.text)]


def sort_links(page: Answer) -> dict[str, str]:
    """Where the heads of the columns lead."""
    return {
        name: html.unescape(link) for link, name in re.findall(r'<a class="sort" href="([^"]*)">([^<]*)</a>', page.text)
    }


def test_a_search_is_that_of_the_command(site: Site) -> None:
    page = view(site, q="w1")
    command = site.program("search", site.numbers, "w1", "--length", "50", "--json").json
    assert places(page) == [row["row_idx"] for row in command["rows"]]
    assert "of 100 that were found" in re.sub(r"\s+", " ", page.text)
    assert 'value="w1"' in page.text
    second = html.unescape(re.search(r'rel="next" href="([^"]*)"', page.text)[1])  # type: ignore[index]
    assert "q=w1" in second
    assert places(site.server.get(second)) == [
        row["row_idx"] for row in site.program("search", site.numbers, "w1", "--offset", "50", "--length", "50", "--json").json["rows"]
    ]  # fmt: skip


def test_a_search_among_rows_that_match(site: Site) -> None:
    found = places(view(site, q="w1", where="n >= 290"))
    assert sorted(found) == [292, 295, 298]


def test_a_click_on_a_head_sorts_then_turns_round_then_ends(site: Site) -> None:
    first = sort_links(view(site, where="n < 5"))
    assert set(first) == {"n", "half", "word"}
    rising = site.server.get(first["word"])
    assert places(rising) == [0, 3, 1, 4, 2]
    assert rising.text.count('aria-sort="ascending"') == 1
    falling = site.server.get(sort_links(rising)["word"])
    assert places(falling) == [2, 1, 4, 0, 3]
    assert falling.text.count('aria-sort="descending"') == 1
    ended = site.server.get(sort_links(falling)["word"])
    assert places(ended) == [0, 1, 2, 3, 4]
    assert "aria-sort" not in ended.text
    assert "where=n+%3C+5" in sort_links(ended)["word"]


def test_columns_without_an_order_are_not_sorted(site: Site) -> None:
    page = site.server.query("/view", dataset=site.media, config="default", split="train")
    assert page.status == 200
    assert "image" not in sort_links(page)


def test_a_row_keeps_what_was_asked_for(site: Site) -> None:
    page = view(site, where="n > 100", orderby="n DESC")
    link = html.unescape(re.search(r'<a href="([^"]*row=299[^"]*)"', page.text)[1])  # type: ignore[index]
    row = site.server.get(link)
    back = html.unescape(re.search(r'<a class="button" href="([^"]*)">Rows that were found</a>', row.text)[1])  # type: ignore[index]
    assert places(site.server.get(back)) == places(page) == list(range(299, 249, -1))


def test_there_is_a_way_to_any_row(site: Site) -> None:
    page = view(site)
    assert re.search(r'<input id="row" name="row" type="number" min="0"', page.text)
    assert "<h1>Row 250 " in view(site, row=250).text


@pytest.mark.parametrize(("parameters", "told"), [({"q": "w1", "where": "nope = 1"}, "no column"), ({"orderby": "n SIDEWAYS"}, "SIDEWAYS")])  # fmt: skip
def test_a_mistake_is_told_and_rows_are_shown(parameters: dict[str, str], told: str, site: Site) -> None:
    page = view(site, **parameters)
    assert page.status == 200
    assert told in page.text
    assert "These rows are not filtered." in page.text


def test_a_split_that_was_not_read_says_so(site: Site) -> None:
    page = site.server.query("/view", dataset=str(site.folder / "hostile"))
    assert page.status == 200
    assert ">empty<" not in page.text


def bars(page: Answer) -> list[tuple[str, int]]:
    """Where the bars of all distributions lead, and how many rows their titles promise."""
    found = re.findall(
        r'<a href="([^"]*)" aria-label="[^"]*" tabindex="-1"><rect[^>]*><title>[^<]*: ([\d,]+)</title>', page.text
    )
    return [(html.unescape(link), int(count.replace(",", ""))) for link, count in found]


def rows_of(page: Answer) -> int:
    """How many rows a page says that it found."""
    told = re.search(r"of ([\d,]+) that were found", re.sub(r"\s+", " ", page.text))
    return int(told[1].replace(",", "")) if told else len(places(page))


def test_a_bar_leads_to_the_rows_that_it_stands_for(site: Site) -> None:
    site.program("stats", site.numbers)
    found = bars(view(site))
    assert len(found) > 20
    for link, count in found:
        assert rows_of(site.server.get(link)) == count, link


def test_a_column_has_its_statistics_and_frequent_values(site: Site) -> None:
    """The numbers are those of `stats`; a value leads to its rows, and what was asked for stays."""
    told = {
        one["column_name"]: one["column_statistics"]
        for one in site.program("stats", site.numbers, "--json").json["statistics"]
    }
    page = view(site, column="word", where="n < 30")
    values = re.findall(r'<td><a href="([^"]*)">([^<]*)</a></td><td class="right number">([\d,]+)</td>', page.text)
    assert {name: int(count) for _, name, count in values} == told["word"]["frequencies"]
    for link, name, _ in values:
        rows = site.program("filter", site.numbers, "--where", f"n < 30 AND word = '{name}'", "--json").json
        assert rows_of(site.server.get(html.unescape(link))) == rows["num_rows_total"]
    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", view(site, column="n").text))
    assert (facts["missing"], facts["least"], facts["greatest"]) == ("0", str(told["n"]["min"]), str(told["n"]["max"]))
    assert view(site, column="nn").status == 400
    assert "did you mean" in view(site, column="halff").text


def test_a_row_leads_to_the_next_that_was_found(site: Site) -> None:
    def led(text: str, pattern: str) -> str:
        found = re.search(pattern, text)
        return html.unescape(found[1]) if found else ""

    page = view(site, where="n >= 290 AND n < 296", orderby="n DESC")
    link, seen, back = led(page.text, r'<a href="([^"]*)" aria-label="Row 295, all of it"'), list[str](), ""
    while link:
        row = site.server.get(link).text
        seen.append(led(row, r"<h1>Row (\d+)"))
        link, back = led(row, r'rel="next" href="([^"]*)"'), led(row, r'rel="prev" href="([^"]*)"')
    assert seen == [str(n) for n in range(295, 289, -1)]
    assert "<h1>Row 291" in site.server.get(back).text


def test_the_columns_that_were_ticked_are_shown_and_stay(site: Site) -> None:
    """Without scripts: a form of boxes, whose address is that of `--columns`."""
    page = view(site, where="n < 5")
    boxes = re.findall(r'<input type="checkbox" name="show" value="([^"]*)"( checked)?>', page.text)
    assert boxes == [("n", " checked"), ("half", " checked"), ("word", " checked")]
    form = page.text.partition('class="fold columns"')[2]
    given = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    hidden = {name: html.unescape(value) for name, value in given}
    assert hidden == {"dataset": site.numbers, "config": "default", "split": "train", "where": "n < 5"}  # fmt: skip
    chosen = site.server.get(f"/view?{urlencode([*hidden.items(), ('show', 'word'), ('show', 'n')])}")
    assert (heads(chosen), places(chosen)) == (["word", "n"], [0, 1, 2, 3, 4])
    assert "Columns, 2 of 3" in chosen.text
    assert heads(site.server.get(sort_links(chosen)["word"])) == ["word", "n"]
    (taken,) = [html.unescape(one) for one in re.findall(r'href="(/download\?[^"]*format=csv[^"]*)"', chosen.text)]
    assert site.server.get(taken).text.split()[:2] == ["word,n", "w0,0"]


def test_a_column_that_is_not_there_is_told(site: Site) -> None:
    page = view(site, columns="nope,n")
    assert heads(page) == ["n"]
    assert "There is no column nope." in page.text


def test_columns_whose_names_hold_commas_and_quotes(site: Site) -> None:
    names = ["a,b", 'say "x"', "", " blank", "plain"]
    assert names_in(",".join(map(quoted, names))) == names
