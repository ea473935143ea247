"""JSON Lines without `datasets`: the same listing, types and page as with it, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dspreview.extract.formats.single_file import ONLY
from dspreview.extract.library.rows import read_rows
from dspreview.extract.library.source import make_plan
from dspreview.extract.library.splits import find_config, list_splits, open_dataset
from dspreview.local import identify, resolve
from dspreview.settings import Settings
from dspreview.settings import resolve as resolve_settings
from tests.support.extraction import page_of, single_file

FLAT = {
    "plain": [{"a": 1, "b": "x", "c": 1.5, "d": True}, {"a": -2, "b": "", "c": -0.0, "d": False}],
    "nulls": [{"a": None, "b": "x"}, {"a": 1, "b": None}],
    "missing": [{"a": 1}, {"b": "x"}, {"a": 2, "b": "y"}],
    "floats": [{"a": 1}, {"a": 2.5}],
    "escapes": [{"a": '\\ " \n \u2028 \U0001f600 \x7f'}, {"a": "é"}],
    "order": [{"b": 1, "a": 2}, {"a": 3, "b": 4}],
    "urls": [{"image_url": "http://x/y.png"}],
    "one": [{"a": 1}],
    "many": [{"n": n, "t": f"row {n}" * (n % 50)} for n in range(500)],
    "wide": [{f"c{n}": n for n in range(300)}],
    "empty name": [{"": 1}],
    "dates": [{"a": "2020-01-01 00:00:00", "b": "1969-12-31"}, {"a": None, "b": "2020-02-30"}],
    "moments": [
        {"a": "2020-01-01T00:00:00.123456789", "b": "0001-01-01 00:00:00"},
        {"a": None, "b": "9999-12-31 23:59:59"},
    ],
    "long integers": [{"a": 2**63 - 1, "b": -(2**63) + 1}, {"a": 1234567890123456, "b": None}],
}
OTHER = {
    "only null": '{"a": null}\n',
    "long integer": '{"a": 12345678901234567890}\n', "mixed": '{"a": 1}\n{"a": "x"}\n', "list of rows": '[{"a": 1}]\n',
    "no object": "1\n", "text": "hello\n", "empty": "", "blank": "\n\n", "open": '{"a": 1\n', "mark": '\ufeff{"a": 1}\n',
    "twice": '{"a": 1, "a": 2}\n', "rounded": '{"a": 9007199254740993}\n{"a": 0.5}\n', "beyond": '{"a": 9223372036854775808}\n',
}  # fmt: skip


def both_pages(path: Path, chosen: Settings, folder: Path) -> tuple[Any, Any]:
    """The page without and with `datasets`; None for what it cannot, or what is raised."""
    ref = identify(str(path))
    dataset = resolve(ref)
    folder.mkdir(exist_ok=True)
    try:
        quick = page_of(single_file(path, chosen), ONLY, folder)
    except (OSError, ValueError):
        quick = None
    source = open_dataset(ref, chosen, dataset)
    plan = make_plan(source, find_config(source, "default"))
    return quick, read_rows(source, plan, "train", folder, folder, chosen)


def lines(rows: Any) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.mark.parametrize("limits", [{}, {"ROWS_MAX_NUMBER": "7"}, {"ROWS_MAX_BYTES": "2_000"}])
@pytest.mark.parametrize("name", FLAT)
def test_a_page_is_the_same_to_the_byte(name: str, limits: dict[str, str], tmp_path: Path, settings: Any) -> None:
    (tmp_path / "a.jsonl").write_text(lines(FLAT[name]), encoding="utf-8")
    quick, long = both_pages(tmp_path / "a.jsonl", settings(**limits), tmp_path / "s")
    assert quick is not None
    assert quick == long


@pytest.mark.parametrize("name", OTHER)
def test_what_is_not_flat_and_plain_takes_the_long_way(name: str, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "a.jsonl").write_text(OTHER[name], encoding="utf-8")
    try:
        found = page_of(single_file(tmp_path / "a.jsonl", settings()), ONLY, tmp_path / "s")
    except (OSError, ValueError):
        found = None
    assert found is None


@pytest.mark.parametrize(
    ("rows", "size"), [(12_000, 1_000), (99, 200_000), (120, 100_000), (40, 300_000), (3, 4_000_000), (9_500, 1_100)]
)
def test_large_files_and_long_lines(rows: int, size: int, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "a.jsonl").write_text(lines([{"n": n, "t": "x" * (size - n % 7)} for n in range(rows)]))
    quick, long = both_pages(tmp_path / "a.jsonl", settings(), tmp_path / "s")
    assert quick is None or quick == long
    assert (quick is not None) == (rows > 100 or (rows - 1) * size < 10 << 20)


def test_a_type_that_changes_behind_the_first_chunk_is_not_seen_by_either(tmp_path: Path, settings: Any) -> None:
    first = lines([{"n": n, "t": "x" * 1_000} for n in range(11_000)])
    (tmp_path / "a.jsonl").write_text(first + '{"n": "text", "t": 1}\n')
    quick, long = both_pages(tmp_path / "a.jsonl", settings(), tmp_path / "s")
    assert quick is not None
    assert quick == long


def test_the_listing_is_the_same(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "a b.jsonl").write_text('{"a": 1}\n')
    ref = identify(str(tmp_path / "a b.jsonl"))
    assert single_file(Path(ref.name), settings()).listing() == list_splits(open_dataset(ref, settings()), settings())


VALUE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUE, max_size=3), min_size=1, max_size=6)


@given(rows=ROWS)
@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_rows_are_read_the_same_or_not_at_all(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("random")
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = resolve_settings({"DSPREVIEW_DATABASE": str(folder / "x.sqlite")}, {"HOME": str(folder)})
    staging = folder / "s"
    staging.mkdir()
    try:
        quick = page_of(single_file(folder / "a.jsonl", chosen), ONLY, staging)
    except (OSError, ValueError):
        return
    if quick is not None:
        assert both_pages(folder / "a.jsonl", chosen, staging) == (quick, quick)
