"""Little over the wire: what the first rows of CSV, JSON Lines and text on the Hub cost, and that the types stay right."""

from __future__ import annotations

import json

import pytest

from tests.support.hub import Hub
from tests.support.program import Program

ROWS = 150_000
CSV = "id,t,x\n" + "".join(f"{n},text {n},{n * 0.5}\n" for n in range(ROWS))
LINES = "".join(json.dumps({"id": n, "t": f"text {n}", "x": n * 0.5, "l": [n]}) + "\n" for n in range(ROWS))
TEXT = "".join(f"line {n}\n" for n in range(4 * ROWS))


def fetched(hub: Hub) -> int:
    """Bytes of data files that were sent."""
    return sum(one.sent for one in hub.seen if "/api/datasets" not in one.path)


@pytest.mark.parametrize(("name", "data"), [("a.csv", CSV), ("a.jsonl", LINES), ("a.txt", TEXT)])
def test_a_page_of_a_large_file_takes_less_than_half_a_megabyte(
    name: str, data: str, online: Program, hub: Hub
) -> None:
    assert len(data) > 3_000_000
    hub.add("me/data", {name: data})
    page = online("rows", "me/data", "--json").json
    assert len(page["rows"]) == 100
    assert 0 < fetched(hub) < 500_000
    assert [one.path for one in hub.seen].count("/api/datasets/me/data") <= 1
    assert len(hub.seen) <= 8


def test_types_that_little_data_guesses_wrong_are_guessed_again_from_more(online: Program, hub: Hub) -> None:
    """The first block holds numbers, a later one of the same page texts."""
    long = [{"pad": "x" * 2_000, "v": n if n < 90 else f"text {n}"} for n in range(200)]
    hub.add("me/data", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in long)})
    result = online("rows", "me/data", "--json", ROWS_MAX_BYTES="1_000_000")
    assert result.code == 0, result.err
    values = [row["v"] for row in result.row_values]
    assert len(values) == 100
    assert str(values[95]).strip('"') == "text 95"


def test_rows_far_behind_come_in_large_pieces(online: Program, hub: Hub) -> None:
    hub.add("me/data", {"a.jsonl": LINES})
    online("splits", "me/data")
    before = len(hub.seen)
    page = online("rows", "me/data", "--offset", str(ROWS - 50), "--length", "10", "--json").json
    assert [row["row"]["id"] for row in page["rows"]] == list(range(ROWS - 50, ROWS - 40))
    assert len(hub.seen) - before < 20


def test_the_types_are_those_of_the_same_rows_on_this_machine(online: Program, hub: Hub) -> None:
    small = "a,b,c,d,e\n" + "".join(
        f"{n},{n * 0.5},text,{'true' if n % 2 else 'false'},2020-01-0{n % 9 + 1}\n" for n in range(900)
    )
    hub.add("me/data", {"a.csv": small})
    (online.home / "a.csv").write_text(small)
    far = online("rows", "me/data", "--json").json
    near = online("rows", online.home / "a.csv", "--json").json
    for key in ("features", "columns", "rows"):
        for one in far[key] + near[key]:
            one.pop("dataset", None)
        assert far[key] == near[key]
