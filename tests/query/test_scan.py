"""A scan finds and ranks as an index of SQLite's FTS5 does: over texts of many scripts, at any depth, however they are stored."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from dspreview.query.search.index import Index, build
from dspreview.query.search.scan import TextScan
from dspreview.query.search.tokens import Tokenizer
from dspreview.query.search.words import sought, spaced, text_columns
from dspreview.settings import resolve as settings_of
from tests.support.data import parquet, write
from tests.support.program import Program
from tests.support.tables import engine_on, write_table

WORDS = [
    *["the", "a", "cafe", "café", "Café", "CAFÉ", "naïve", "Øre", "ore", "fine", "ﬁne", "don't", "it's", "x1", "2024", "3.14", "foo_bar", "semi;colon"],
    *["мой", "мои", "Ёлка", "елка", "привет", "Привет", "ПРИВЕТ", "λόγος", "ΛΌΓΟΣ", "שָׁלוֹם", "שלום", "مُحَمَّد", "محمد"],
    *["中文", "文字", "日本語", "カタカナ", "ｶﾀｶﾅ", "がき", "ภาษาไทย", "한국어", "👍", "good👍day", "½", "Ⅷ", "viii", "㎏", "ª", "№5", "été", "niño", "i̇", "ŉ", "L·L"],
    *["“quoted”", "…", "—", "a\u200db", "ﷺ", "नमस्ते", "හලෝ", "ᏣᎳᎩ", "Ꭰ", "ꭰ", "ß", "STRASSE", "straße", "𝒳", "𝟙", "\ue000", "_", "++", "emoji1f44d"],
    "\u1112\u1161\u11ab",  # Hangul in letters that become one sign
    "か\u3099",
]  # fmt: skip
ASKED = [*WORDS, "the cafe", "don t", "привет мой", "中文", "文字 中", "a a", "x1 2024", "zzz", "good day", "hello the"]


def some_text(pick: random.Random) -> str:
    """A text of a few words, most of which are frequent."""
    return pick.choice([" ", "  ", "\n", "-"]).join(
        pick.choices(WORDS, [1 / (n + 1) for n in range(len(WORDS))], k=pick.randint(0, 9))
    )


def some_table(pick: random.Random) -> pa.Table:
    """Texts in a column, in lists, in structs, in maps, in dictionaries, with nulls."""
    rows = range(pick.randint(1, 90))

    def maybe(make: object) -> object:
        return None if pick.random() < 0.1 else make() if callable(make) else make

    messages = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("n", pa.int32())]))
    return pa.table({
        "t": pa.array([maybe(lambda: some_text(pick)) for _ in rows], pick.choice([pa.string(), pa.large_string(), pa.string_view()])),
        "n": pa.array(list(rows)),
        "c": pa.array([maybe(lambda: pick.choice(WORDS)) for _ in rows]).dictionary_encode(),
        "m": pa.array([maybe(lambda: [maybe(lambda: {"role": maybe("the"), "content": maybe(lambda: some_text(pick)), "n": 1}) for _ in range(pick.randint(0, 3))]) for _ in rows], messages),
        "k": pa.array([maybe(lambda: [(word, some_text(pick)) for word in set(pick.choices(WORDS, k=2))]) for _ in rows], pa.map_(pa.string(), pa.string())),
        "f": pa.array([maybe(lambda: [some_text(pick), None]) for _ in rows], pa.list_(pa.string(), 2)),
    })  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_a_scan_answers_as_an_index_does(tmp_path: Path, seed: int) -> None:
    pick = random.Random(seed)
    rows = some_table(pick)
    cuts = sorted(pick.sample(range(rows.num_rows), min(rows.num_rows, 2)))
    table = write_table(tmp_path / "d", rows, cuts, pick.choice([7, 1_000]))
    settings = settings_of({}, {"HOME": str(tmp_path)})
    names = {"t", *pick.sample(rows.column_names, pick.randint(1, 6))}
    columns = [number for number in text_columns(table, "d") if table.columns[number].name in names]
    with engine_on(table, tmp_path) as engine:
        (tmp_path / "index").mkdir()
        build(engine, columns, tmp_path / "index", lambda _: None)
        for text in pick.sample(ASKED, 25):
            for match in ("any", "all", "phrase"):
                wanted = sought(text, match)
                if wanted is None:
                    continue
                index, scan = (
                    Index(tmp_path / "index", settings, "d", wanted),
                    TextScan(engine, columns, wanted, lambda _: None),
                )
                assert scan.count() == index.count(), (text, match)
                assert scan.ranked() == index.ranked(), (text, match)
                assert scan.ranked(3, 5) == index.ranked(3, 5), (text, match)
                index.close()


def test_what_fts5_folds_once_more_is_plain() -> None:
    """A scan looks for a word of FTS5 in a text as we fold it: FTS5 must not make another letter of one that is not plain."""
    tokenizer = Tokenizer()
    letters = [chr(code) for code in range(0x80, 0x30000) if not 0xD800 <= code < 0xE000]
    texts = [spaced(letter) for letter in letters]
    for letter, text, words in zip(letters, texts, tokenizer.tokens(texts), strict=True):
        assert all(word.isascii() or word in text for word in words), (hex(ord(letter)), text, words)


def test_the_second_search_of_a_split_builds_the_index(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"t": ["red fox", "red", "blue"]})})

    def kinds() -> list[str]:
        abouts = (dspreview.assets / ".derived").glob("*/about.json")
        return sorted(json.loads(about.read_text())["kind"] for about in abouts)

    assert [row["row_idx"] for row in dspreview("search", folder, "red", "--json").json["rows"]] == [1, 0]
    assert kinds() == ["searched"]
    assert [row["row_idx"] for row in dspreview("search", folder, "fox", "--json").json["rows"]] == [0]
    assert kinds() == ["search", "searched"]
    other = write(tmp_path / "e", {"a.parquet": parquet({"t": ["red fox"]})})
    assert dspreview("search", other, "red", "--index", "--json").json["num_rows_total"] == 1
    assert kinds() == ["search", "search", "searched"]
