"""`filter`, `search` and windows over whole splits: the reference's cases, from the shell and over HTTP."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Audio, Features, Image, Value

from tests.support.data import parquet, picture, sound, write
from tests.support.hub import Hub
from tests.support.program import Program

PEOPLE = {"name": ["Marie", "Paul", "Leo", "Simone"], "gender": ["female", "male", "male", "female"], "age": [35, 30, 25, 30]}  # fmt: skip
SHIPS = {
    "col_1": [
        "There goes another one.",
        "Vader turns round and round in circles as his ship spins into space.",
        "We count thirty Rebel ships, Lord Vader.",
        "The wingman spots the pirateship coming at him and warns the Dark Lord",
    ],
    "col_2": [0, 1, 2, 3], "col_3": [0.0, 1.0, 2.0, 3.0], "col_4": ["B", "B", "A", "B"],
    "col_5": [True, False, True, None],
}  # fmt: skip
CORPUS = [
    "Grand Moff Tarkin and Lord Vader are interrupted in their discussion by the buzz of the comlink",
    "There goes another one.",
    "Vader turns round and round in circles as his ship spins into space.",
    "We count thirty Rebel ships.",
    "The wingman spots the pirateship coming at him and warns the Dark Lord",
]


def places(document: Any) -> list[int]:
    """The row indexes of a page."""
    return [row["row_idx"] for row in document["rows"]]


@pytest.fixture(params=["parquet", "csv", "jsonl", "hub parquet", "hub csv"])
def ships(request: Any, tmp_path: Path, dspreview: Program, hub: Hub) -> str:
    """The same rows in a folder of Parquet, as a single CSV, as JSON Lines, and on the Hub."""
    rows = [dict(zip(SHIPS, values, strict=True)) for values in zip(*SHIPS.values(), strict=True)]
    buffer = io.StringIO()
    buffer.write(",".join(SHIPS) + "\n")
    for row in rows:
        buffer.write(",".join('"' + str("" if v is None else v) + '"' for v in row.values()) + "\n")
    where, _, kind = request.param.rpartition(" ")
    made: dict[str, bytes | str] = {
        "parquet": parquet(SHIPS), "csv": buffer.getvalue(), "jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    }  # fmt: skip
    data = made[kind]
    if where:
        dspreview.env["HF_ENDPOINT"] = hub.url
        hub.add("owner/ships", {f"train.{kind}": data})
        return "owner/ships"
    if kind == "csv":
        return str(write(tmp_path, {"ships.csv": data}) / "ships.csv")
    return str(write(tmp_path / "d", {f"train.{kind}": data}))


def test_the_end_to_end_cases(ships: str, dspreview: Program) -> None:
    def asked(*words: str) -> Any:
        return dspreview("filter", ships, *words, "--json").json

    for where, number in (
        ("", 4), ('"col_2"=3', 1), ('"col_2"<3', 3), ('"col_2">3', 0), ("\"col_4\"='B'", 3), ("\"col_4\"<'B'", 1),
        ("\"col_4\">='A'", 4), ("\"col_2\"<3 AND \"col_4\"='B'", 2), ("\"col_2\"<3 OR \"col_4\"='B'", 4),
    ):  # fmt: skip
        found = asked("--where", where)
        assert (found["num_rows_total"], len(found["rows"])) == (number, number), where
    paged = asked("--where", "\"col_4\"='B'", "--orderby", '"col_2" DESC', "--offset", "1", "--length", "2")
    assert (paged["num_rows_total"], places(paged)) == (3, [1, 0])
    assert (paged["num_rows_per_page"], paged["partial"]) == (100, False)
    assert [row["truncated_cells"] for row in paged["rows"]] == [[], []]
    assert places(asked("--where", '"col_2">0'))[0] == 1
    assert places(asked("--where", '"col_2">0', "--orderby", '"col_4"'))[0] == 2
    assert places(asked("--where", '"col_2">0', "--orderby", '"col_3" DESC'))[0] == 3
    found = dspreview("search", ships, "Lord Vader", "--json").json
    assert (found["num_rows_total"], places(found)) == (3, [2, 3, 1])
    assert places(dspreview("search", ships, "Lord Vader", "--where", "col_2 < 3", "--json").json) == [2, 1]


@pytest.mark.parametrize("columns", [["name", "age", "gender"], ["name", "gender", "age"]])
def test_the_table_of_four(tmp_path: Path, dspreview: Program, columns: list[str]) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({name: PEOPLE[name] for name in columns})})
    female = "\"gender\"='female'"
    for where, order, total, row in (
        ("", "", 4, 1), ("", '"age"', 4, 1), ("", '"age" DESC', 4, 1), (female, "", 2, 3), (female, '"age"', 2, 0),
        (female, '"age" DESC', 2, 3),
    ):  # fmt: skip
        words = ["--where", where, "--orderby", order, "--offset", "1", "--length", "1"]
        found = dspreview("filter", folder, *words, "--json").json
        assert (found["num_rows_total"], places(found)) == (total, [row]), (where, order)
    for where in ('"non-existing-column"=30', '"name"=30', '"name">30'):
        assert dspreview("filter", folder, "--where", where).code == 2


def test_the_example_of_the_page(tmp_path: Path, dspreview: Program) -> None:
    rows = {"name": ["Simone", "Ada", "Leo"], "age": [31.5, 40.0, 20.0], "children": [2, 0, 0]}
    folder = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    where = '"age">30 AND ("name"=\'Simone\' OR "children"=0)'
    found = dspreview("filter", folder, "--where", where, "--orderby", '"age" DESC', "--json").json
    assert [list(one) for one in found["features"]] == [["feature_idx", "name", "type"]] * 3
    assert found["features"][0] == {"feature_idx": 0, "name": "name", "type": {"dtype": "string", "_type": "Value"}}
    assert [row["row"] for row in found["rows"]] == [
        {"name": "Ada", "age": 40.0, "children": 0}, {"name": "Simone", "age": 31.5, "children": 2},
    ]  # fmt: skip
    assert places(found) == [1, 0]
    assert dspreview("filter", folder, "--where", "\"name\"='O''Hara'", "--json").json["num_rows_total"] == 0


def test_pages_with_ties_neither_repeat_nor_lose_a_row(tmp_path: Path, dspreview: Program) -> None:
    rows = pa.table({"k": [n % 3 for n in range(1_000)], "n": list(range(1_000))})
    folder = write(tmp_path / "d", {"a.parquet": parquet(rows, row_group_size=70)})
    seen: list[int] = []
    for offset in range(0, 1_000, 100):
        seen += places(dspreview("filter", folder, "--orderby", "k DESC", "--offset", str(offset), "--json").json)
    assert seen == sorted(range(1_000), key=lambda n: (-(n % 3), n))


def test_literals_may_hold_what_looks_like_sql(tmp_path: Path, dspreview: Program) -> None:
    values = ["x;y", "a -- b", "/* */", "it's", "plain"]
    folder = write(tmp_path / "d", {"a.parquet": parquet({"a": values})})
    for place, value in enumerate(values):
        where = "a = '" + value.replace("'", "''") + "'"
        assert places(dspreview("filter", folder, "--where", where, "--json").json) == [place]


def test_columns_that_differ_only_in_case_or_have_odd_names(tmp_path: Path, dspreview: Program) -> None:
    rows: dict[str, list[Any]] = {
        "Foo": [1, 2], "foo": [3, 4], "": [5, 6], "file_row_number": [7, 8], "__hf_index_id": [9, 10],
        "x": ["ab", "c"], "x.length": [0, 1], 'q"uote': [1, 1], "c0": [2, 2],
    }  # fmt: skip
    folder = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    for where, row in (
        ('"foo" = 3', 0), ('"Foo" = 2', 1), ('"file_row_number" = 8', 1), ('"__hf_index_id"=9', 0),
        ('"x.length" = 1', 1), ('"x.length" = 0', 0), ('"q""uote" = 1 AND "c0" = 2 AND foo = 4', 1),
    ):  # fmt: skip
        found = dspreview("filter", folder, "--where", where, "--json").json
        assert places(found) == [row], where
        assert found["rows"][0]["row"] == {name: values[row] for name, values in rows.items()}


def test_search_in_any_script(tmp_path: Path, dspreview: Program) -> None:
    texts = [
        "Café au lait 1984", "ਪੰਜਾਬੀ ਭਾਸ਼ਾ", "العربية لغة", "東京タワーは高い", "我爱北京天安门", "Ελλάδα", "สวัสดีครับ", "한국어 문장",
        "naïve Ångström", "value new hello one", "Привет мир",
    ]  # fmt: skip
    folder = write(tmp_path / "d", {"a.parquet": parquet({"text": texts, "n": list(range(len(texts)))})})
    for words, row in (
        ("cafe", 0), ("1984", 0), ("CAFÉ", 0), ("ਭਾਸ਼ਾ", 1), ("العربية", 2), ("タワー", 3), ("東京", 3), ("北京", 4),
        ("ελλαδα", 5), ("สวัสดี", 6), ("한국", 7), ("angstrom", 8), ("hello", 9), ("мир", 10),
    ):  # fmt: skip
        assert places(dspreview("search", folder, words, "--json").json) == [row], words
    for words in ("京東", "zzz", "--", "'); DROP TABLE texts; --", '"'):
        assert dspreview("search", folder, "--json", "--", words).json["num_rows_total"] == 0


def test_search_matches_and_ranks(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"text": CORPUS, "n": [1, 2, 3, 4, 5]})})

    def asked(*words: str) -> Any:
        return dspreview("search", folder, *words, "--json").json

    assert places(asked("Lord Vader")) == [0, 4, 2]
    second = asked("Lord Vader", "--offset", "1", "--length", "2")
    assert (places(second), second["num_rows_total"]) == ([4, 2], 3)
    assert places(asked("Lord Vader", "--match", "all")) == [0]
    assert places(asked("Vader Lord", "--match", "phrase")) == []
    assert places(asked("Lord Vader", "--match", "phrase")) == [0]
    assert places(asked("Lord Vader", "--where", "n >= 3")) == [4, 2]
    for nothing in ("non existing text", ";DROP TABLE data;", "some text'); DROP TABLE data; --"):
        assert asked(nothing)["num_rows_total"] == 0


def test_the_index_is_built_once_and_goes_with_its_revision(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"text": CORPUS})})
    dspreview("search", folder, "ships", "--index")
    (first,) = dspreview("cache", "stats", "--json").json["derived"]
    dspreview("search", folder, "Vader")
    (again,) = dspreview("cache", "stats", "--json").json["derived"]
    assert (first["kind"], first["revision"]) == ("search", again["revision"])
    write(folder, {"a.parquet": parquet({"text": ["something else", "ships"]})})
    assert places(dspreview("search", folder, "ships", "--index", "--json").json) == [1]
    (last,) = dspreview("cache", "stats", "--json").json["derived"]
    assert last["revision"] != first["revision"]
    assert dspreview("cache", "clean", "--derived", "--json").json["freed_bytes"] > 0
    assert dspreview("cache", "stats", "--json").json["derived"] == []


def test_media_of_any_page_have_assets(tmp_path: Path, dspreview: Program) -> None:
    rows = {
        "image": [{"bytes": picture(size=(8, 6 + n)), "path": f"{n}.png"} for n in range(5)],
        "audio": [{"bytes": sound(0.5 * (n + 1)), "path": f"{n}.wav"} for n in range(5)],
        "rating": [5, 3, 3, 1, 2],
    }  # fmt: skip
    features = Features({"image": Image(), "audio": Audio(), "rating": Value("int64")})
    table = pa.table({"image": rows["image"], "audio": rows["audio"], "rating": rows["rating"]})
    folder = tmp_path / "d"
    folder.mkdir()
    meta = {"huggingface": json.dumps({"info": {"features": features.to_dict()}})}
    pq.write_table(table.replace_schema_metadata(meta), folder / "a.parquet", row_group_size=2)
    found = dspreview("filter", folder, "--where", '"rating"=3', "--json").json
    assert places(found) == [1, 2]
    for row in found["rows"]:
        image, (audio,) = row["row"]["image"], row["row"]["audio"]
        assert (image["width"], image["height"]) == (8, 6 + row["row_idx"])
        assert f"/{row['row_idx']}/image/" in image["src"]
        assert audio["type"] == "audio/wav"
    files = [file for file in dspreview.assets.rglob("*") if file.is_file() and ".derived" not in file.parts]
    assert max(len(file.read_bytes()) for file in files if file.suffix == ".wav") == len(sound(1.5))
    window = dspreview("rows", folder, "--offset", "3", "--length", "1", "--full", "--json").json
    assert window["rows"][0]["row"]["image"]["height"] == 9
    by_size = dspreview(
        "filter", folder, "--where", '"image.height" > 8', "--orderby", '"audio.duration" DESC', "--json"
    )
    assert places(by_size.json) == [4, 3]
    stats = {one["column_name"]: one for one in dspreview("stats", folder, "--json").json["statistics"]}
    assert (stats["image"]["column_type"], stats["image"]["column_statistics"]["max"]) == ("image", 8)
    assert stats["image"]["column_statistics"]["height"]["max"] == 10
    assert (stats["audio"]["column_statistics"]["min"], stats["audio"]["column_statistics"]["max"]) == (0.5, 2.5)
    assert dspreview("cache", "verify").code == 0
    assert dspreview("cache", "remove", folder).code == 0
    assert not [file for file in dspreview.assets.rglob("*") if file.is_file() and ".derived" not in file.parts]


def test_assets_of_queries_go_first(tmp_path: Path, dspreview: Program) -> None:
    files: dict[str, bytes | str] = {f"{n:03}.png": picture(size=(40, 40 + n)) for n in range(120)}
    folder = write(tmp_path / "d", files)
    dspreview("rows", folder)
    pages = dspreview("cache", "stats", "--json").json["asset_bytes"]
    dspreview("filter", folder, "--where", '"image.height" > 150')
    assert dspreview("cache", "stats", "--json").json["asset_bytes"] > pages
    with sqlite3.connect(dspreview.database) as connection:
        (rows,) = connection.execute(
            "SELECT sum(length(rows) + length(features) + length(columns)) FROM rows"
        ).fetchone()
    pruned = dspreview("cache", "prune", "--json", CACHE_MAX_BYTES=str(pages + rows + 10))
    assert pruned.json == {"removed": 0}
    assert dspreview("cache", "stats", "--json").json["asset_bytes"] == pages
    assert dspreview("rows", folder, "--cached").code == 0
    assert dspreview("cache", "verify").code == 0


EXOTIC = pa.table(
    {
        "i": pa.array(range(40)),
        "dec": pa.array([None if n == 3 else f"{n}.10" for n in range(40)]).cast(pa.decimal128(10, 2)),
        "ts": pa.array([n * 1_000_000_007 for n in range(40)], pa.timestamp("ns")),
        "tz": pa.array([n * 3_600_000 * 24 * 30 for n in range(40)], pa.timestamp("ms", tz="Europe/Paris")),
        "day": pa.array([n * 100 for n in range(40)], pa.date32()),
        "t": pa.array([n * 1_000 for n in range(40)], pa.time64("us")),
        "dur": pa.array([n * 61 for n in range(40)], pa.duration("s")),
        "f16": pa.array([struct.unpack("e", struct.pack("e", n / 3))[0] for n in range(40)], pa.float16()),
        "f32": pa.array([n / 3 for n in range(40)], pa.float32()),
        "u64": pa.array([2**64 - 1 - n for n in range(40)], pa.uint64()),
        "bin": pa.array([bytes([n, 255]) for n in range(40)], pa.binary()),
        "nested": pa.array([[{"a": [n, None], "A": f"x{n}"}] for n in range(40)]),
        "map": pa.array([[("k", n)] for n in range(40)], pa.map_(pa.string(), pa.int64())),
        "fixed": pa.array([[n, n + 1] for n in range(40)], pa.list_(pa.int64(), 2)),
        "dict": pa.array([f"d{n % 3}" for n in range(40)]).dictionary_encode(),
        "null": pa.nulls(40),
        "nan": pa.array([float("nan") if n % 2 else float(n) for n in range(40)]),
    }
)


def test_a_window_is_what_the_first_page_would_be(tmp_path: Path, dspreview: Program) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    pq.write_table(EXOTIC.slice(0, 25), folder / "train-0.parquet", row_group_size=7)
    pq.write_table(EXOTIC.slice(25), folder / "train-1.parquet", row_group_size=4)
    whole = dspreview("rows", folder, "--json").json
    assert len(whole["rows"]) == 40
    some = dspreview("filter", folder, "--where", "i >= 20 AND i < 30", "--json").json
    assert some["rows"] == whole["rows"][20:30]
    assert (some["features"], some["columns"]) == (whole["features"], whole["columns"])
    specials = [one for one in whole["special_cells"] if 20 <= one["row_idx"] < 30]
    assert some["special_cells"] == specials
    other = dspreview("rows", folder, "--offset", "20", "--length", "10", "--json", ROWS_MAX_NUMBER="15").json
    assert other["rows"] == whole["rows"][20:30]
    lines = dspreview("rows", folder, "--length", "all", "--format", "jsonl").documents
    assert lines == [row["row"] for row in whole["rows"]]
    matched = dspreview("filter", folder, "--where", "i <> 7", "--length", "all", "--format", "jsonl").documents
    assert matched == [row["row"] for row in whole["rows"] if row["row_idx"] != 7]


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(500))})
    first = dspreview("rows", folder, "--sample", "5", "--seed", "7", "--json").json
    assert first["rows"] == dspreview("rows", folder, "--sample", "5", "--seed", "7", "--json").json["rows"]
    assert first["rows"] != dspreview("rows", folder, "--sample", "5", "--seed", "8", "--json").json["rows"]
    assert all(row["row"]["n"] == row["row_idx"] for row in first["rows"])
    assert (places(first), first["num_rows_total"], first["seed"]) == (sorted(places(first)), 500, 7)
    again = dspreview("rows", folder, "--sample", "5", "--json").json
    repeated = dspreview("rows", folder, "--sample", "5", "--seed", str(again["seed"]), "--json").json
    assert repeated["rows"] == again["rows"]
    assert len(dspreview("rows", folder, "--sample", "100", "--json").json["rows"]) == 100


def test_all_rows_of_every_format(tmp_path: Path, dspreview: Program) -> None:
    lines = "".join(json.dumps({"n": n, "t": f"x{n}"}) + "\n" for n in range(2_500))
    folder = write(tmp_path / "d", {"a.jsonl": lines})
    found = dspreview("rows", folder, "--length", "all", "--format", "csv").out.splitlines()
    assert (found[0], len(found), found[-1]) == ("n,t", 2_501, "2499,x2499")
    tail = dspreview("rows", folder, "--offset", "2498", "--length", "all", "--format", "jsonl").documents
    assert tail == [{"n": 2498, "t": "x2498"}, {"n": 2499, "t": "x2499"}]
    assert dspreview("rows", folder, "--length", "all").code == 2
    assert dspreview("filter", folder, "--length", "101").code == 2
