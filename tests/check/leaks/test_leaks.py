"""Inputs in two splits, labels that conflict, texts that are nearly the same: planted, and found again."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dspreview.check.leaks import minhash
from dspreview.check.leaks.roles import guessed
from tests.support.data import parquet, write

LOT = random.Random(11)
WORDS = ["".join(LOT.choices(string.ascii_lowercase, k=LOT.randint(3, 9))) for _ in range(5_000)]


def sentence(lot: random.Random, number: int = 30) -> str:
    return " ".join(lot.choices(WORDS, k=number))


def jaccard(one: str, other: str) -> float:
    """The share of three words in a row that two texts have in common, counted anew."""
    left, right = (
        {" ".join(text.lower().split()[n : n + 3]) for n in range(len(text.split()) - 2)} for text in (one, other)
    )
    return len(left & right) / len(left | right)


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("features", "roles"),
    [
        ({"id": "int64", "text": "string", "label": "int64"}, (("text",), ("label",))),
        ({"premise": "string", "hypothesis": "string", "idx": "int32", "label": "int64", "stars": "int8"}, (("premise", "hypothesis"), ("label",))),
        ({"question": "string", "answer": "string", "url": "string", "user_id": "string"}, (("question",), ())),
        ({"question": "string", "choices": "string", "hint": "int64", "answer": "int64"}, (("question", "choices"), ("answer",))),
        ({"day": "string", "size": "int64", "smoker": "string", "target": "float64"}, (("day", "size", "smoker"), ("target",))),
        ({"prompt": "string", "response": "string", "score": "float64"}, (("prompt", "response"), ("score",))),
        ({"query": "string", "doc_id": "string", "relevance": "int64"}, (("query", "doc_id"), ("relevance",))),
        ({"text": "string", "start": "int64", "end": "int64", "label": "string"}, (("text", "start", "end"), ("label",))),
        ({"article": "string", "summary": "string"}, (("article",), ())), ({"source": "string", "target": "string"}, (("source",), ())),
        ({"question": "string", "sql": "string"}, (("question",), ())), ({"tweet": "string", "hate": "int64"}, (("tweet",), ("hate",))),
        ({"x": "float64", "y": "int64"}, None), ({"text": "string"}, None), ({"id": "int64", "url": "string"}, None),
    ],
)  # fmt: skip
def test_roles_are_guessed_from_names_and_types(features: dict[str, str], roles: Any) -> None:
    found = guessed([(name, {"dtype": dtype, "_type": "Value"}) for name, dtype in features.items()])
    assert (None if found is None else (found.inputs, found.answers)) == roles


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_an_input_in_two_splits(words: list[str], form: str, tmp_path: Path, dspreview: Any) -> None:
    texts = [sentence(LOT) for _ in range(20)]
    train = [{"id": n, "text": text, "label": n % 2} for n, text in enumerate(texts)]
    test = [
        {"id": 100, "text": sentence(LOT), "label": 0},
        {"id": 101, "text": texts[7], "label": 1},
        {"id": 102, "text": texts[8], "label": 1},
    ]
    files: dict[str, Any] = {"train.jsonl": lines(train), "test.jsonl": lines(test)}
    if form == "parquet":
        files = {f"{name}.parquet": parquet({key: [row[key] for row in rows] for key in rows[0]}) for name, rows in (("train", train), ("test", test))}  # fmt: skip
    (one,) = dspreview("check", write(tmp_path / "d", files), "--json", *words).json["findings"]
    assert (one["code"], one["split"], one["row"]) == ("leakage-input", "test", 1)
    assert "row 1 of test has the text (a guess" in one["message"]
    assert "of row 7 of train, with another answer (2 such rows)" in one["message"]


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
def test_rows_that_are_the_same_are_no_input_leak(words: list[str], tmp_path: Path, dspreview: Any) -> None:
    rows = [{"text": sentence(LOT), "label": n % 2} for n in range(5)]
    data = write(tmp_path / "d", {"train.jsonl": lines(rows), "test.jsonl": lines(rows[:1])})
    found = dspreview("check", data, "--json", *words).json["findings"]
    assert {one["code"] for one in found} == {"leakage"}


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
def test_the_settings_say_what_the_input_is(words: list[str], tmp_path: Path, dspreview: Any) -> None:
    same = sentence(LOT)
    rows = [{"a": same, "b": sentence(LOT), "c": n} for n in range(3)]
    write(tmp_path / "d", {"train.jsonl": lines(rows)})
    dspreview.cwd = tmp_path
    (tmp_path / "dspreview.toml").write_text('[input]\ndefault = { columns = ["a"], label = "c" }\n')
    found = [
        one for one in dspreview("check", "./d", "--json", *words).json["findings"] if one["code"] == "label-conflict"
    ]
    assert [(one["row"], one["message"]) for one in found] == [
        (1, "rows 0 and 1 have the same a and another c (3 such rows)")
    ]
    (tmp_path / "dspreview.toml").write_text('[input]\ndefault = ["aa"]\n')
    wrong = dspreview("check", "./d")
    assert (wrong.code, "no column 'aa'; did you mean 'a'" in wrong.err) == (2, True)
    (tmp_path / "dspreview.toml").write_text('[input]\ndefaults = ["a"]\n"*" = ["a"]\n')
    unknown = dspreview("check", "./d").err
    assert "[input] names defaults, which is no config of ./d; did you mean 'default'? there are default\n" in unknown
    assert "[input] names *" not in unknown


def test_a_signature_agrees_as_far_as_texts_do() -> None:
    lot = random.Random(3)
    for changed in (0, 2, 5, 10, 30):
        words = lot.sample(WORDS, 200)
        other = list(words)
        for place in lot.sample(range(200), changed):
            other[place] = "changed"
        texts = pa.array([" ".join(words), " ".join(other)])
        values, starts = minhash.shingles(minhash.normalised(texts))
        one, two = minhash.signatures(values, starts)
        true = jaccard(*texts.to_pylist())
        assert minhash.similarity(*texts.to_pylist()) == pytest.approx(true)
        assert abs(float(np.mean(one == two)) - true) < 0.25


def test_texts_are_normalised() -> None:
    texts = pa.array(["Hello,   WORLD! It's \tfine…", "hello world it s fine", "ﬁne Ａｂｃ", None, "日本語、です"])
    assert minhash.normalised(texts).to_pylist() == [
        "hello world it s fine",
        "hello world it s fine",
        "fine abc",
        "",
        "日 本 語 で す",
    ]


def planted(number: int, pairs: int) -> tuple[list[str], set[tuple[int, int]]]:
    """Texts of which some are others with a few words changed, at a similarity of 0.8 and more."""
    lot = random.Random(5)
    texts = [sentence(lot, 40) for _ in range(number)]
    known: set[tuple[int, int]] = set()
    while len(known) < pairs:
        one = lot.randrange(number // 2)
        words = texts[one].split()
        place = lot.choice([0, len(words) - 1])
        words[place] = lot.choice(WORDS)
        if lot.random() < 0.5:
            words[1 if place else -2] = words[1 if place else -2].upper() + "!"
        other = number // 2 + len(known)
        if any(one == pair[0] for pair in known):
            continue
        texts[other] = " ".join(words)
        if jaccard(texts[one].lower().replace("!", ""), texts[other].lower().replace("!", "")) >= 0.8:
            known.add((one, other))
    return texts, known


def test_planted_pairs_are_found_and_no_others(tmp_path: Path, dspreview: Any) -> None:
    texts, known = planted(4_000, 200)
    data = write(tmp_path / "d", {"a.parquet": parquet({"id": list(range(len(texts))), "text": texts})})
    found = dspreview("check", data, "--json", "--near-duplicates", "0.8", "--select", "near-duplicate")
    (one,) = found.json["findings"]
    number = int(one["message"].rpartition("; ")[2].split()[0].replace(",", ""))
    assert 0.95 * len(known) <= number <= 1.01 * len(known)
    later = {other for _, other in known}
    assert set(one["rows"]) <= later
    assert len(one["rows"]) == 100
    assert "of default/train is nearly row" in one["message"]


def test_near_texts_across_splits_and_other_datasets(tmp_path: Path, dspreview: Any) -> None:
    lot = random.Random(9)
    texts = [sentence(lot) for _ in range(50)]
    edited = texts[10].replace(" ", "  ").upper() + "."
    other = " ".join([*texts[20].split()[:-1], "end"])
    data = write(tmp_path / "d", {"train.jsonl": lines([{"id": n, "text": text} for n, text in enumerate(texts)]), "test.jsonl": lines([{"id": 1, "text": sentence(lot)}, {"id": 2, "text": edited}])})  # fmt: skip
    bench = write(
        tmp_path / "bench",
        {"test.jsonl": lines([{"question": sentence(lot)}, {"question": other}, {"question": texts[30]}])},
    )
    found = dspreview("check", data, "--json", "--near-duplicates", "0.8", "--against-data", f"{bench}:default/test")
    told = {(one["code"], one["split"], one["row"]): one["message"] for one in found.json["findings"]}
    assert set(told) == {("near-duplicate", "test", 1), ("near-duplicate", "train", 20), ("leakage-input", "train", 30)}
    assert f"row 2 of {bench} default/test is row 30 of default/train" in told["leakage-input", "train", 30]
    assert {(one["file"], one["line"]) for one in found.json["findings"]} == {
        ("test.jsonl", 2),
        ("train.jsonl", 21),
        ("train.jsonl", 31),
    }
    assert (
        "row 1 of default/test is nearly row 10 of default/train (100 % of text in common)"
        in told["near-duplicate", "test", 1]
    )
    assert f"row 1 of {bench} default/test is nearly row 20 of default/train" in told["near-duplicate", "train", 20]


def test_conversations_are_compared_by_what_is_said(tmp_path: Path, dspreview: Any) -> None:
    lot = random.Random(10)
    said = [sentence(lot) for _ in range(3)]
    rows = [{"n": n, "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "yes"}]} for n, text in enumerate([*said, said[1].upper()])]  # fmt: skip
    data = write(tmp_path / "d", {"a.jsonl": lines(rows)})
    (one,) = dspreview("check", data, "--json", "--near-duplicates", "0.8").json["findings"]
    assert (one["code"], one["rows"]) == ("near-duplicate", [3])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--against-data", "./bench:default/nope"], "there is no such split; there are default/test"),
        (["--against-data", "./nothing"], "nothing"),
        (["--near-duplicates", "0.2"], "0.2"),
    ],
)
def test_what_cannot_be_compared_is_said(words: list[str], told: str, tmp_path: Path, dspreview: Any) -> None:
    write(tmp_path / "d", {"train.jsonl": lines([{"text": "a"}])})
    write(tmp_path / "bench", {"test.jsonl": lines([{"text": "a"}])})
    dspreview.cwd = tmp_path
    found = dspreview("check", "./d", *words)
    assert found.code in {2, 3}
    assert told in found.err


def test_several_columns_are_one_text(tmp_path: Path, dspreview: Any) -> None:
    lot = random.Random(12)
    rows = [{"premise": sentence(lot), "hypothesis": sentence(lot)} for _ in range(4)]
    again = {"premise": rows[1]["premise"].upper(), "hypothesis": rows[1]["hypothesis"] + "!"}
    half = {"premise": rows[2]["premise"], "hypothesis": sentence(lot)}
    data = write(tmp_path / "d", {"a.jsonl": lines([*rows, again, half])})
    (one,) = dspreview("check", data, "--json", "--near-duplicates", "0.8").json["findings"]
    assert one["rows"] == [4]
    assert "premise, hypothesis in common" in one["message"]


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
def test_an_input_that_many_rows_have_is_a_template(words: list[str], tmp_path: Path, dspreview: Any) -> None:
    same, twice = sentence(LOT), sentence(LOT)
    rows = [{"text": same, "label": n % 2, "n": n} for n in range(12)] + [{"text": twice, "label": n, "n": n} for n in (0, 1)]  # fmt: skip
    data = write(tmp_path / "d", {"train.jsonl": lines(rows)})
    found = [
        one for one in dspreview("check", data, "--json", *words).json["findings"] if one["code"] == "label-conflict"
    ]
    assert [(one["row"], one["message"].split(" have")[0]) for one in found] == [(13, "rows 12 and 13")]


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
def test_texts_in_parquet_are_compared_and_numbers_are_not(words: list[str], tmp_path: Path, dspreview: Any) -> None:
    texts = [sentence(LOT) for _ in range(6)]
    data = write(
        tmp_path / "d", {"a.parquet": parquet({"text": [*texts, texts[2].upper() + "!"], "n": list(range(7))})}
    )
    found = dspreview("check", data, "--json", "--near-duplicates", "0.8", *words)
    assert [(one["code"], one["rows"]) for one in found.json["findings"]] == [("near-duplicate", [6])]
    numbers = write(tmp_path / "n", {"a.parquet": parquet({"n": [1, 2]})})
    found = dspreview("check", numbers, "--near-duplicates", "0.8", *words)
    assert (found.code, "no column of texts, pictures or sounds to compare; say which with [input]" in found.err) == (
        0,
        True,
    )


def test_texts_without_spaces_are_compared_sign_by_sign(tmp_path: Path, dspreview: Any) -> None:
    text = "\u6211\u4eec\u6628\u5929\u5728\u5317\u4eac\u7684\u56fe\u4e66\u9986\u8bfb\u4e66"
    other = "\u8fd9\u662f\u4e00\u4e2a\u5b8c\u5168\u4e0d\u540c\u7684\u53e5\u5b50\u548c\u95ee\u9898"
    data = write(tmp_path / "d", {"train.jsonl": lines([{"text": other}, {"text": text}])})
    bench = write(tmp_path / "b", {"test.jsonl": lines([{"text": text + "\u3002"}])})
    found = dspreview("check", data, "--json", "--against-data", bench).json["findings"]
    assert [(one["code"], one["row"]) for one in found] == [("leakage-input", 1)]


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7])
def test_pairs_are_found_at_any_threshold(threshold: float, tmp_path: Path, dspreview: Any) -> None:
    """Of 100 pairs that have a little more in common than is asked, nine in ten at least."""
    lot = random.Random(threshold)
    pairs: list[tuple[str, str]] = []
    while len(pairs) < 100:
        one = sentence(lot, 40)
        words = one.split()
        cut = lot.randint(5, 25)
        words[:cut] = sentence(lot, cut).split()
        if threshold <= jaccard(one, " ".join(words)) < threshold + 0.08:
            pairs.append((one, " ".join(words)))
    files = {
        f"{split}.jsonl": lines([{"text": pair[at]} for pair in pairs]) for at, split in enumerate(("train", "test"))
    }
    data = write(tmp_path / "d", files)
    found = dspreview("check", data, "--json", "--near-duplicates", str(threshold), "--select", "near-duplicate")
    assert [len(one["rows"]) >= 90 for one in found.json["findings"]] == [True]


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_split_without_labels_shares_its_inputs(words: list[str], form: str, tmp_path: Path, dspreview: Any) -> None:
    """Tests are published without their labels, and are leaked all the same."""
    lot = random.Random(3)
    texts = [sentence(lot) for _ in range(6)]
    train: dict[str, list[Any]] = {"text": texts[:4], "label": [0, 1, 0, 1]}
    test: dict[str, list[Any]] = {"text": [texts[4], texts[2], texts[5]]}

    def rows(columns: dict[str, list[Any]]) -> str:
        return lines([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])

    files = {
        f"{name}.{form}": parquet(one) if form == "parquet" else rows(one)
        for name, one in (("train", train), ("test", test))
    }
    ran = dspreview("check", write(tmp_path / "d", files), *words, "--select", "leakage-input,label-conflict", "--json")
    (finding,) = ran.json["findings"]
    assert (finding["code"], finding["split"], finding["row"]) == ("leakage-input", "test", 1)
    assert "row 2 of train" in finding["message"]
    assert "another answer" not in finding["message"]
