"""Tables and sentences in text files: CSV, TSV, JSON, JSON Lines, GeoJSON, CoNLL-U and plain lines."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd

from tests.folders.case import TEST, TRAIN, Healthy, Ill, Layout, Place, Row, Writer

CITIES = ["Graz", 'Baden "bei" Wien', "São Paulo, SP", "東京", "two\nlines", "tab\there"]


def visits(first: int, number: int) -> pd.DataFrame:
    """Some rows, with gaps."""
    ids = list(range(first, first + number))
    return pd.DataFrame(
        {
            "id": ids,
            "city": [CITIES[n % 6] if n % 7 else None for n in ids],
            "share": [n / 8 if n % 5 else None for n in ids],
            "open": [n % 2 == 0 for n in ids],
            "code": [f"{n:04d}x" for n in ids],
        }
    )


def csv_files(folder: Path) -> None:
    """Shards of two splits, one of them packed, that were written to in two goes."""
    (folder / "train").mkdir()
    (folder / "test").mkdir()
    visits(0, 30).to_csv(folder / "train/0.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    visits(30, 4).to_csv(folder / "train/0.csv", index=False, header=False, mode="a")
    visits(50, 20).to_csv(folder / "train/1.csv.gz", index=False, lineterminator="\r\n")
    visits(90, 5).to_csv(folder / "test/0.csv", index=False, encoding="utf-8-sig")


def typed(row: dict[str, str]) -> Row:
    """The fields of a line as what they say; an empty one is missing."""
    found: Row = dict(row)
    found["id"], found["share"] = int(row["id"]), float(row["share"]) if row["share"] else None
    return found | {"open": row["open"] == "True", "city": row["city"] or None}


def own_csv(folder: Path) -> dict[Place, list[Row]]:
    """What Python's csv reads."""
    found: dict[Place, list[Row]] = {TRAIN: [], TEST: []}
    for place, name in ((TRAIN, "train/0.csv"), (TRAIN, "train/1.csv.gz"), (TEST, "test/0.csv")):
        data = (folder / name).read_bytes()
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8-sig")
        found[place] += map(typed, csv.DictReader(text.splitlines(keepends=True)))
    return found


def csv_with_more(folder: Path) -> None:
    """A row in which a comma was not quoted."""
    (folder / "a.csv").write_text("id,city\n1,Graz\n2,Washington, DC\n3,Oslo\n")


def tsv_files(folder: Path) -> None:
    """Tabs in one config, semicolons and decimal commas in another; the README says so."""
    visits(0, 20).to_csv(folder / "tabs.tsv", index=False, sep="\t")
    visits(20, 12).to_csv(folder / "semicolons.csv", index=False, sep=";", decimal=",")
    (folder / "README.md").write_text(
        '---\nconfigs:\n- {config_name: tabs, data_files: tabs.tsv, sep: "\\t"}\n'
        '- {config_name: semicolons, data_files: semicolons.csv, sep: ";", decimal: ","}\n---\n'
    )


def own_tsv(folder: Path) -> dict[Place, list[Row]]:
    """What Python's csv reads."""
    found: dict[Place, list[Row]] = {}
    for name, config, sep in (("tabs.tsv", "tabs", "\t"), ("semicolons.csv", "semicolons", ";")):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=sep))
        found[config, "train"] = [typed(row | {"share": row["share"].replace(",", ".")}) for row in rows]
    return found


def tsv_with_less(folder: Path) -> None:
    """A line that lost a field."""
    (folder / "a.tsv").write_text("id\tcity\n1\tGraz\n2\n3\tOslo\n")


NOTES: list[Row] = [
    {"id": n, "text": f"note {n}: “ü” \u2028 \\ /", "score": n + 0.5, "by": {"name": f"N{n}", "age": 20 + n}, "tags": ["x", "y"][: n % 3], "seen": None if n % 4 else n}
    for n in range(25)
]  # fmt: skip


def lines(folder: Path) -> None:
    """Lines that were appended to, escaped or not, and a packed shard whose rows lack a key."""
    with (folder / "train-0.jsonl").open("w", encoding="utf-8") as file:
        pd.DataFrame(NOTES[:9]).astype({"seen": "Int64"}).to_json(file, orient="records", lines=True)
    with (folder / "train-0.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(note, ensure_ascii=False)}\n" for note in NOTES[9:15])
    short = "".join(json.dumps({key: note[key] for key in note if note[key] is not None}) + "\n" for note in NOTES[15:])
    (folder / "train-1.jsonl.gz").write_bytes(gzip.compress(short.encode()))


def own_lines(folder: Path) -> dict[Place, list[Row]]:
    """What Python's json reads of each line; a key that is not there is null."""
    texts = [(folder / "train-0.jsonl").read_bytes(), gzip.decompress((folder / "train-1.jsonl.gz").read_bytes())]
    rows = [json.loads(line) for text in texts for line in text.split(b"\n") if line]
    return {TRAIN: [dict.fromkeys(NOTES[0]) | row for row in rows]}


def lines_cut(folder: Path) -> None:
    """A last line that was being written."""
    lines(folder)
    with (folder / "train-0.jsonl").open("a") as file:
        file.write('{"id": 99, "text": "no')


def arrays(folder: Path) -> None:
    """An array for each split, one in lines, one without blanks."""
    pd.DataFrame(NOTES[:15]).astype({"seen": "Int64"}).to_json(folder / "train.json", orient="records", indent=1)
    pd.DataFrame(NOTES[15:]).astype({"seen": "Int64"}).to_json(folder / "test.json", orient="records")


def own_arrays(folder: Path) -> dict[Place, list[Row]]:
    """What Python's json reads."""
    return {("default", name): json.loads((folder / f"{name}.json").read_bytes()) for name in ("train", "test")}


def arrays_cut(folder: Path) -> None:
    """An array without its end."""
    arrays(folder)
    text = (folder / "train.json").read_text()
    (folder / "train.json").write_text(text[: len(text) // 2])


SHAPES: list[tuple[Any, str | None]] = [
    ({"type": "Point", "coordinates": [15.4, 47.07]}, "POINT (15.4 47.07)"),
    ({"type": "LineString", "coordinates": [[0, 0], [1, 1.5]]}, "LINESTRING (0 0, 1 1.5)"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]]}, "POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))"),
    ({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, "MULTIPOINT ((1 2), (3 4))"),
    (None, None),
]  # fmt: skip
"""Geometries (RFC 7946, 3.1), and as well-known text (OGC 06-103r4, 7.2)."""


def places(folder: Path) -> None:
    """Two collections, one packed, with properties that not all features have."""
    features = [
        {"type": "Feature", "id": n, "properties": {"name": f"place {n}"} | ({"height": n * 10} if n % 2 else {}), "geometry": shape}
        for n, (shape, _) in enumerate(SHAPES)
    ]  # fmt: skip
    whole = {"type": "FeatureCollection", "bbox": [0, 0, 16, 48], "features": features}
    (folder / "train.geojson").write_text(json.dumps(whole, indent=2))
    other = whole | {"features": [features[1] | {"id": 7, "properties": {"name": "x", "height": 1}}]}
    (folder / "test.geojson.gz").write_bytes(gzip.compress(json.dumps(other).encode()))


def own_places(folder: Path) -> dict[Place, list[Row]]:
    """What Python's json reads, with the text of each geometry."""
    texts = {
        TRAIN: (folder / "train.geojson").read_bytes(),
        TEST: gzip.decompress((folder / "test.geojson.gz").read_bytes()),
    }
    found: dict[Place, list[Row]] = {}
    for place, text in texts.items():
        found[place] = [
            {"id": one["id"], "name": one["properties"]["name"], "height": one["properties"].get("height"), "geometry": next(told for shape, told in SHAPES if shape == one["geometry"])}
            for one in json.loads(text)["features"]
        ]  # fmt: skip
    return found


def places_cut(folder: Path) -> None:
    """A collection that ends within a feature."""
    places(folder)
    text = (folder / "train.geojson").read_text()
    (folder / "train.geojson").write_text(text[:-60])


FIELDS = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]
SENTENCES = """# newdoc id = n01
# sent_id = n01-1
# text = They don't buy books.
1\tThey\tthey\tPRON\tPRP\tCase=Nom|Number=Plur\t4\tnsubj\t4:nsubj\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\tMood=Ind\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
4\tbuy\tbuy\tVERB\tVB\t_\t0\troot\t_\t_
4.1\t_\tdo\tVERB\t_\t_\t_\t_\t0:root\t_
5\tbooks\tbook\tNOUN\tNNS\tNumber=Plur\t4\tobj\t_\tSpaceAfter=No
6\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_

# sent_id = n01-2
# text = Ja.
1\tJa\tja\tINTJ\t_\t_\t0\troot\t_\tSpaceAfter=No
2\t.\t.\tPUNCT\t.\t_\t1\tpunct\t_\t_

"""
"""Comments, a word of several tokens, an empty node: https://universaldependencies.org/format.html."""


def sentences(folder: Path) -> None:
    """A treebank whose files name their splits, as Universal Dependencies does."""
    (folder / "xx_tree-ud-train.conllu").write_text(SENTENCES, encoding="utf-8")
    (folder / "xx_tree-ud-test.conllu").write_text(
        SENTENCES.partition("\n\n")[2].replace("-2", "-9").replace("Ja", "Na")
    )


def own_sentences(folder: Path) -> dict[Place, list[Row]]:
    """Each run of lines, by the specification: `_` is nothing; of a form or a lemma it is up to the reader, and here itself."""
    found: dict[Place, list[Row]] = {}
    for name in ("train", "test"):
        blocks = (folder / f"xx_tree-ud-{name}.conllu").read_text(encoding="utf-8").strip().split("\n\n")
        found["default", name] = [sentence(block.splitlines()) for block in blocks]
    return found


def sentence(block: list[str]) -> Row:
    """The comments of a sentence, and its fields."""
    told = dict(line[2:].split(" = ", 1) for line in block if line.startswith("# "))
    words = [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in block if not line.startswith("#")]
    columns: Row = {
        name: [None if one[name] == "_" and name not in {"form", "lemma"} else one[name] for one in words]
        for name in FIELDS
    }
    columns["head"] = [None if one is None else int(one) for one in columns["head"]]
    return {"sent_id": told["sent_id"], "text": told["text"]} | columns


def sentences_with_less(folder: Path) -> None:
    """A line of nine fields."""
    (folder / "train.conllu").write_text(SENTENCES.replace("\troot\t_\tSpaceAfter=No", "\troot\tSpaceAfter=No"))


VISIT = {"id": "int64", "city": "string", "share": "float64", "open": "bool", "code": "string"}
NOTE = {
    "id": "int64",
    "text": "string",
    "score": "float64",
    "by": {"name": "string", "age": "int64"},
    "tags": ["string"],
    "seen": "int64",
}
TOKENS = {"sent_id": "string", "text": "string"} | {name: ["int64" if name == "head" else "string"] for name in FIELDS}

TEXTS = (
    Layout(
        "CSV", Writer("pandas"), Healthy(csv_files, own_csv, {TRAIN: 54, TEST: 5}, {"default": VISIT}, "appended to, a packed shard, CRLF, a BOM"),
        Ill(csv_with_more, "a comma is not quoted", 6, ("load-failed", "ragged-row")),
    ),
    Layout(
        "TSV, and CSV with `;`", Writer("pandas"),
        Healthy(tsv_files, own_tsv, {("tabs", "train"): 20, ("semicolons", "train"): 12}, {"tabs": VISIT, "semicolons": VISIT}, "the README names the delimiters and decimal commas"),
        Ill(tsv_with_less, "a line lost a field", 0, ("ragged-row",)),
    ),
    Layout(
        "JSON Lines", Writer("pandas"), Healthy(lines, own_lines, {TRAIN: 25}, {"default": NOTE}, "appended to, a packed shard that leaves nulls out"),
        Ill(lines_cut, "the last line is cut off", 6, ("load-failed",)),
    ),
    Layout(
        "JSON", Writer("pandas"), Healthy(arrays, own_arrays, {TRAIN: 15, TEST: 10}, {"default": NOTE}, "an array a split"),
        Ill(arrays_cut, "an array is cut off", 6, ("load-failed",), TRAIN),
    ),
    Layout(
        "GeoJSON", Writer(after="RFC 7946"),
        Healthy(places, own_places, {TRAIN: 5, TEST: 1}, {"default": {"id": "int64", "name": "string", "height": "int64", "geometry": "string"}}, "properties that some lack, a packed file"),
        Ill(places_cut, "a collection is cut off", 6, ("load-failed",), TRAIN), differs=True,
    ),
    Layout(
        "CoNLL-U", Writer(after="universaldependencies.org/format"), Healthy(sentences, own_sentences, {TRAIN: 2, TEST: 1}, {"default": TOKENS}, "words of several tokens, an empty node"),
        Ill(sentences_with_less, "a line lost a field", 6, ("load-failed",)), differs=True,
    ),
)  # fmt: skip
"""These layouts."""
