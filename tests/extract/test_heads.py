"""The first rows of CSV and JSON Lines without pandas and pyarrow: the page that `datasets` gives, to the byte, or none."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dspreview.extract.format import BY_EXTENSION
from dspreview.extract.text.heads import here
from dspreview.extract.text.json_head import Rows, Values
from dspreview.settings import resolve as resolve_settings
from tests.extract.test_quickjson import both_pages, lines

CSV: dict[str, str] = {
    "plain": "id,name,score\n1,x,0.5\n2,y,1\n",
    "nothing": "a,b,c,d\n1,,x,\n,NA,null,\n3,2.5,<NA>,\n",
    "truths": "a,b,c\nTrue,true,FALSE\n,false,x\nFalse,TRUE,true\n",
    "numbers": "a,b,c,d\n007,+1,-0.0,1e5\n-1,2,.5,5.\n9223372036854775807,3,1E-3,2\n",
    "an index": ",a\n0,x\n1,y\n",
    "quotes": 'a,b\n"x, ""y""\nz",1\nit\'s "q",2\n',
    "short rows": "a,b,c\n1,2\n3\n4,5,6\n",
    "empty lines": "a,b\n\n1,2\n\n\n3,4\n\n",
    "carriage returns": "a,b\r\n1,x\r\n2,y\r\n",
    "a mark": "\ufeffa,b\n1,é\n",
    "no end of line": "a,b\n1,2",
    "dates and hashes": "d,h\n2020-01-01,d41d8cd98f00b204e9800998ecf8427e\n2020-01-02,0cc175b9c0f1b6a831c399e269772661\n",
    "versions and ranges": "v,r,i\n1.2.3,1-2,127.0.0.1\n1.2.4,3-4,10.0.0.1\n",
    "many": "n,t\n" + "".join(f"{n},row {n % 7}\n" for n in range(12_000)),
    "a float behind the page": "n\n" + "1\n" * 500 + "2.5\n",
    "a text behind the chunk": "n\n" + "1\n" * 10_001 + "x\n",
    "wide": ",".join(f"c{n}" for n in range(200)) + "\n" + "\n".join(",".join(str(n * m) for n in range(200)) for m in range(30)) + "\n",
}  # fmt: skip
CSV_FOR_OTHERS: dict[str, str] = {
    "header only": "a,b\n",
    "nothing at all": "",
    "twice the same name": "a,a\n1,2\n",
    "too many fields": "a,b\n1,2,3\n",
    "an unclosed quote": 'a,b\n1,"x\n',
    "beyond 64 bits": "a\n1\n9223372036854775808\n",
    "floats beyond integers": "a\n9007199254740993\n\n0.5\n",
    "rounded by nothing": "a,b\n9007199254740993,1\n,2\n",
    "white space around numbers": "a\n 1\n2 \n",
    "infinities": "a\n1.5\n-inf\n",
    "lone carriage returns": "a,b\r1,2\r",
    "a letter of no text": "a\nx\0y\n",
    "truths in mixed case": "a\ntRUE\nfalse\n",
    "long integers among texts": "a\n123456789012345678901\nNone\n0x10\n",
}
JSON: dict[str, list[Any]] = {
    "messages": [{"id": n, "messages": [{"role": "user", "content": f"a {n}"}, {"role": "assistant", "content": "b"}]} for n in range(150)],
    "nested": [{"a": {"b": {"c": 1}, "d": [1.5, 2]}}, {"a": {"b": {"c": 2}, "d": []}}, {"a": None}],
    "dates": [{"d": "2020-02-29", "t": "2020-01-01T10:00:00Z", "u": None}, {"d": "2000-02-29 01:02:03", "t": "1969-12-31", "u": "2020-01-01"}],
    "dates and a text": [{"d": "2020-01-01"}, {"d": "soon"}],
    "hashes, links": [{"h": "d41d8cd98f00b204e9800998ecf8427e", "u": f"https://example.org/{n}?q=12345678901234567890"} for n in range(5)],
    "later floats": [{"n": n} for n in range(200)] + [{"n": 0.5}],
    "later keys": [{"n": n} for n in range(200)] + [{"n": 1, "z": "x"}],
    "later texts": [{"n": None, "m": 1} for _ in range(200)] + [{"n": "x", "m": 1}],
    "escapes": [{"a": '\\ " \n \u2028 \U0001f600 \x7f', 'é"': 1}],
    "a line of 1 MB": [{"n": n, "t": "x" * (1 << 20 if n == 3 else 5)} for n in range(6)],
    "identifiers": [{"id": 10**17 + n} for n in range(3)],
    "wide": [{f"c{n}": n * m for n in range(100)} for m in range(20)],
}  # fmt: skip
JSON_FOR_OTHERS: dict[str, str] = {
    "keys that differ inside": '{"a": {"b": 1}}\n{"a": {"c": 1}}\n',
    "an empty object": '{"a": {}}\n',
    "null in a list": '{"a": [null, 1]}\n',
    "only null": '{"a": null}\n',
    "only empty lists": '{"a": []}\n',
    "several kinds": '{"a": 1}\n{"a": "x"}\n',
    "no number": '{"a": NaN}\n',
    "half a pair": '{"a": "\\ud800"}\n',
    "a key twice": '{"a": 1, "a": 2}\n',
    "a day that is none": '{"a": "2019-02-29"}\n',
    "a moment elsewhere": '{"a": "2020-01-01T00:00:00+01:00"}\n',
    "an empty line": '{"a": 1}\n\n{"a": 2}\n',
    "more blanks": '{"a":  1}\n',
}


def agrees(path: Path, data: str, settings: Any) -> bool:
    """Whether the head of a file was read; if so, the page is that of `datasets`."""
    path.write_bytes(data.encode("utf-8", "surrogatepass"))
    with path.open("rb") as file:
        if BY_EXTENSION[path.suffix[1:]].read_head()(here(file), settings.rows_max_number) is None:
            return False
    quick, long = both_pages(path, settings, path.parent / "s")
    assert quick == long
    return True


@pytest.mark.parametrize("limits", [{}, {"ROWS_MAX_NUMBER": "7"}, {"ROWS_MAX_BYTES": "2_000"}])
@pytest.mark.parametrize("name", CSV)
def test_csv_is_read_as_pandas_reads_it(name: str, limits: dict[str, str], tmp_path: Path, settings: Any) -> None:
    assert agrees(tmp_path / "a.csv", CSV[name], settings(**limits))


@pytest.mark.parametrize("limits", [{}, {"ROWS_MAX_NUMBER": "7"}, {"ROWS_MAX_BYTES": "2_000"}])
@pytest.mark.parametrize("name", JSON)
def test_json_lines_are_read_as_pyarrow_reads_them(
    name: str, limits: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    assert agrees(tmp_path / "a.jsonl", lines(JSON[name]), settings(**limits))


@pytest.mark.parametrize("name", [*CSV_FOR_OTHERS, *JSON_FOR_OTHERS])
def test_what_is_not_understood_is_declined(name: str, tmp_path: Path, settings: Any) -> None:
    kind, data = ("csv", CSV_FOR_OTHERS[name]) if name in CSV_FOR_OTHERS else ("jsonl", JSON_FOR_OTHERS[name])
    assert not agrees(tmp_path / f"a.{kind}", data, settings())


WORDS = st.sampled_from([
    "", "NA", "nan", "None", "true", "False", "tRUE", "1", "0", "-1", "+1", "007", "1.5", "-0.0", ".5", "1e5", "1e400", "inf", "-Infinity",
    " 1", "9007199254740993", "9223372036854775808", "12345678901234567890123", "2020-01-01", "1-2", "-", "1e", "x", "é", "a,b", 'q"q',
    "line\nbreak", "\u2028", "0x10", "1_000", "１", "<NA>", "  ", "\x0b", "\x1c", "\r",
])  # fmt: skip
COLUMN = st.one_of(
    st.lists(WORDS, min_size=8, max_size=8),
    *(st.lists(st.sampled_from(pool), min_size=8, max_size=8) for pool in (["1", "-2", "30"], ["1.5", "2", ""], ["True", "False"], ["x", "NA"])),
)  # fmt: skip
TABLES = st.tuples(
    st.lists(COLUMN, min_size=1, max_size=4),
    st.integers(1, 8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([0, 1, 2]),
)
RANDOM = hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def csv_text(table: Any) -> str:
    """A random table as CSV."""
    columns, rows, ending, quoting = table
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=ending, quoting=quoting)
    writer.writerow([f"c{place}" for place in range(len(columns))])
    writer.writerows(list(zip(*columns, strict=True))[:rows])
    return text.getvalue()


@given(table=TABLES)
@RANDOM
def test_random_csv(table: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("random")
    agrees(folder / "a.csv", csv_text(table), of(folder))


LEAF = st.sampled_from([
    None, True, 0, -5, 10**15, 10**17, 2**63, 1.5, -0.0, 1e300, "", "x", "é\u2028", 'q"\\', "2020-01-01", "2020-02-30", "2020-02-29",
    "2020-01-01 10:00:00", "2020-01-01T10:00", "0001-01-01", "12:30", "\U0001f600",
])  # fmt: skip
SAME = st.sampled_from([[1, 2, None], [1.5, 2], ["x", None], ["2020-01-01", "2021-05-06 10:00:00"], [True, False]])


@st.composite
def rows_of_json(draw: Any) -> list[dict[str, Any]]:
    """Rows whose columns mostly hold values of one kind, nested or not."""
    makers = []
    for name in draw(st.lists(st.sampled_from(["a", "b", "é", 'q"']), min_size=1, max_size=3, unique=True)):
        one = st.sampled_from(draw(SAME)) if draw(st.integers(0, 3)) else LEAF
        form = draw(st.integers(0, 3))
        one = (
            st.lists(one, max_size=3)
            if form == 1
            else st.fixed_dictionaries({"x": one, "y": st.just(1)})
            if form == 2
            else one
        )
        makers.append((name, st.lists(st.fixed_dictionaries({"z": one}), max_size=2) if form == 3 else one))
    number = draw(st.integers(1, 6))
    return [{name: draw(maker) for name, maker in makers} for _ in range(number)]


@given(rows=rows_of_json(), compact=st.booleans(), ascii_only=st.booleans())
@RANDOM
def test_random_json_lines(
    rows: list[dict[str, Any]], compact: bool, ascii_only: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    separators = (",", ":") if compact else None
    text = "".join(json.dumps(row, ensure_ascii=ascii_only, separators=separators) + "\n" for row in rows)
    folder = tmp_path_factory.mktemp("random")
    agrees(folder / "a.jsonl", text, of(folder))


def of(folder: Path) -> Any:
    """The settings of a folder of its own."""
    return resolve_settings({"DSPREVIEW_DATABASE": str(folder / "x.sqlite")}, {"HOME": str(folder)})


@pytest.mark.parametrize("depth", [1, 12, 40])
def test_lists_within_lists_cost_no_more_than_they_are_long(depth: int) -> None:
    values = Values()
    values.see(json.loads("[" * depth + "1" + "]" * depth))
    assert len(values.pattern()) < 100 * (depth + 1)
    for text, fits in (
        ("[1, 2,3]", True),
        ("[]", True),
        ("[1,]", False),
        ("[1, ]", False),
        ("[,1]", False),
        ("[1 2]", False),
    ):
        nested = "[" * (depth - 1) + text + "]" * (depth - 1)
        assert (re.fullmatch(values.pattern(), nested) is not None) is fits, nested


def test_minus_zero_is_one_among_floats_alone() -> None:
    for line, expected in ((b'{"a":-0}', "-0.0"), (b'{"a":0}', "0.0")):
        rows = Rows(b"")
        rows.see(b'{"a":0.5}')
        assert str(rows.fields["a"].cell(rows.see(line)["a"])) == expected
    rows = Rows(b"")
    assert rows.fields == {}
    assert (rows.see(b'{"a":-0}')["a"], rows.fields["a"].kind) == (0, "int")
