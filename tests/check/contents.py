"""What people publish: code, logs, conversations, prices, sentences. Nothing in it is wrong, though much looks like keys, numbers or markup."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import random
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from tests.support.data import parquet

WORDS = [
    "river",
    "market",
    "engine",
    "paper",
    "garden",
    "winter",
    "station",
    "letter",
    "window",
    "summer",
    "bridge",
    "answer",
    "copper",
    "island",
    "morning",
    "doctor",
    "planet",
    "kitchen",
    "silver",
    "forest",
    "record",
    "signal",
    "teacher",
    "valley",
    "harbor",
    "museum",
    "pencil",
    "number",
    "lantern",
    "orchard",
    "compass",
    "theory",
    "village",
    "northern",
    "gentle",
    "quiet",
    "rapid",
]
FIRST = datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
Row = dict[str, Any]


def prose(lot: random.Random, number: int = 14) -> str:
    """A sentence."""
    return " ".join(lot.choices(WORDS, k=number)).capitalize() + "."


def digest(lot: random.Random, length: int = 40) -> str:
    """A hash, as of a commit."""
    return hashlib.sha512(str(lot.random()).encode()).hexdigest()[:length]


def code(number: int, lot: random.Random) -> Row:
    """A function, with what stands where keys might."""
    name = lot.choice(WORDS)
    body = f'import os\n\nTOKEN = os.environ["API_TOKEN"]\n\n\ndef {name}_{number}(key, password=None):\n    """{prose(lot)}"""\n    return hash((key, "{digest(lot)}"))\n'
    return {"path": f"src/{name}/{number}.py", "code": body, "size": len(body), "sha": digest(lot)}


def log(number: int, lot: random.Random) -> Row:
    """A line of a server's log."""
    when = (FIRST + timedelta(seconds=37 * number)).isoformat()
    text = f"{when} INFO [{uuid.UUID(int=lot.getrandbits(128))}] GET /api/v2/{lot.choice(WORDS)}?id={number}&page=3 200 {lot.randint(3, 900)}ms 10.0.{number % 9}.7"
    return {"line": number, "text": text, "level": lot.choice(["INFO", "WARN"])}


def commit(number: int, lot: random.Random) -> Row:
    """A change of a repository."""
    diff = f"@@ -1,3 +1,3 @@\n-{prose(lot)}\n+{prose(lot)}\n"
    return {"commit": digest(lot), "parent": digest(lot), "message": f"Fix #{number}: {prose(lot, 6)}", "diff": diff}


def chat(number: int, lot: random.Random) -> Row:
    """A conversation."""
    turns = [{"role": role, "content": prose(lot)} for _ in range(1 + number % 3) for role in ("user", "assistant")]
    return {"id": f"chat-{number}", "messages": turns}


def preference(number: int, lot: random.Random) -> Row:
    """Two answers, of which one is better."""
    return {"prompt": f"{prose(lot)} ({number})", "chosen": prose(lot, 20), "rejected": prose(lot, 20)}


def question(number: int, lot: random.Random) -> Row:
    """A question about a text, as SQuAD has it."""
    context = prose(lot, 40)
    return {"id": digest(lot, 24), "context": context, "question": f"{prose(lot, 7)[:-1]} {number}?", "answers": {"text": [context[:9]], "answer_start": [0]}}  # fmt: skip


def translation(number: int, lot: random.Random) -> Row:
    """A sentence in two languages."""
    return {"translation": {"en": f"{prose(lot)} {number}", "de": f"Größe {number}: {prose(lot)}"}}


def entities(number: int, lot: random.Random) -> Row:
    """Words and the kind of each."""
    words = [*lot.choices(WORDS, k=6), str(number)]
    return {"tokens": words, "ner_tags": [lot.randint(0, 4) for _ in words]}


def review(number: int, lot: random.Random) -> Row:
    """An opinion."""
    return {"text": f"{prose(lot, 25)} <br /><br />{number}/10", "stars": number % 5 + 1, "label": number % 2}


def price(number: int, lot: random.Random) -> Row:
    """A day of trade."""
    low = round(lot.uniform(90, 110), 2)
    return {"day": str(date(2024, 1, 1) + timedelta(days=number)), "low": low, "high": round(low + lot.random(), 2), "volume": lot.randint(10**6, 10**9)}  # fmt: skip


def reading(number: int, lot: random.Random) -> Row:
    """What a sensor measured, or did not."""
    return {"device": str(uuid.UUID(int=lot.getrandbits(128))), "celsius": None if number % 7 == 3 else round(lot.gauss(20, 4), 3), "ok": number % 5 > 0}  # fmt: skip


def embedding(number: int, lot: random.Random) -> Row:
    """A vector."""
    return {"id": number, "vector": [round(lot.gauss(0, 1), 6) for _ in range(16)]}


def citation(number: int, lot: random.Random) -> Row:
    """An article."""
    return {"doi": f"10.1234/{lot.choice(WORDS)}.2024.{1000 + number}", "title": prose(lot, 8), "year": 1990 + number % 34, "authors": [lot.choice(WORDS).title(), lot.choice(WORDS).title()]}  # fmt: skip


def game(number: int, lot: random.Random) -> Row:
    """A game of chess."""
    moves = " ".join(f"{turn}. {lot.choice('abcdefgh')}4 N{lot.choice('cf')}6" for turn in range(1, 9))
    return {"game": number, "moves": f"{moves} 1-0", "white": 1500 + lot.randint(0, 900), "black": 1500 + lot.randint(0, 900)}  # fmt: skip


def query(number: int, lot: random.Random) -> Row:
    """A question and its SQL."""
    table = lot.choice(WORDS)
    return {"question": f"How many {table} of {prose(lot, 5)[:-1]} {number}?", "sql": f"SELECT count(*) FROM {table} WHERE id > {number} AND name <> ''"}  # fmt: skip


def problem(number: int, lot: random.Random) -> Row:
    """A problem of mathematics."""
    one, other = lot.randint(2, 99), lot.randint(2, 99)
    return {"problem": rf"Compute $\frac{{{one}}}{{{other}}} + {number}$ for the {prose(lot, 6)}", "solution": rf"\[\boxed{{\tfrac{{{one + number * other}}}{{{other}}}}}\]"}  # fmt: skip


def product(number: int, lot: random.Random) -> Row:
    """Something to buy."""
    return {"sku": f"{lot.choice(WORDS)[:3].upper()}-{10_000 + number}", "price": round(lot.uniform(1, 500), 2), "description": f"<p>{prose(lot)}</p><ul><li>{number} pcs</li></ul>"}  # fmt: skip


def page(number: int, lot: random.Random) -> Row:
    """A page of the web."""
    return {"url": f"https://example.org/{lot.choice(WORDS)}/{digest(lot, 12)}?utm={number}", "html": f"<!doctype html><title>{prose(lot, 4)}</title><script src='/a.js?v={digest(lot, 8)}'></script>", "fetched": (FIRST + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")}  # fmt: skip


def molecule(number: int, lot: random.Random) -> Row:
    """A molecule as a line."""
    return {"smiles": "C" * (number % 6 + 1) + lot.choice(["(=O)O", "c1ccccc1", "N(C)C", "[C@@H](O)F"]) + f"C{'C' * (number // 6)}", "weight": round(lot.uniform(20, 400), 3)}  # fmt: skip


def place(number: int, lot: random.Random) -> Row:
    """Somewhere."""
    return {"name": f"{lot.choice(WORDS).title()} {number}", "lat": round(lot.uniform(-90, 90), 6), "lon": round(lot.uniform(-180, 180), 6), "elevation": lot.randint(-50, 4_000)}  # fmt: skip


def blob(number: int, lot: random.Random) -> Row:
    """Bytes and settings, as text."""
    return {"name": f"{number}.bin", "data": base64.b64encode(lot.randbytes(40)).decode(), "settings": json.dumps({"depth": number, "rate": 1e-4, "layers": [64, 64]})}  # fmt: skip


def sentence(number: int, lot: random.Random) -> Row:
    """A sentence in some script."""
    texts = [
        "Привет, мир",
        "日本語の文章です",
        "नमस्ते दुनिया",
        "שלום עולם",
        "Γειά σου κόσμε",
        "Xin chào thế giới",
        "สวัสดีชาวโลก",
        "¿Qué tal?",
    ]
    return {"lang": ["ru", "ja", "hi", "he", "el", "vi", "th", "es"][number % 8], "text": f"{texts[number % 8]} {number} {lot.choice(WORDS)}"}  # fmt: skip


MAKERS: list[Callable[[int, random.Random], Row]] = [
    code, log, commit, chat, preference, question, translation, entities, review, price, reading, embedding, citation, game, query, problem,
    product, page, molecule, place, blob, sentence,
]  # fmt: skip
FORMS = ("parquet", "arrow", "jsonl", "csv")
NAMES = [f"{make.__name__} in {form}" for make in MAKERS for form in FORMS]


def files(name: str) -> dict[str, bytes | str]:
    """The files of two splits with such rows."""
    word, _, form = name.partition(" in ")
    make = next(one for one in MAKERS if one.__name__ == word)
    lot = random.Random(name)
    rows = [make(number, lot) for number in range(60)]
    return {f"train.{form}": written(rows[:48], form), f"test.{form}": written(rows[48:], form)}


def written(rows: list[Row], form: str) -> bytes | str:
    """Rows as a file; what is nested is JSON in a CSV."""
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(
            [json.dumps(one) if isinstance(one, (list, dict)) else one for one in row.values()] for row in rows
        )
        return out.getvalue()
    table = pa.Table.from_pylist(rows)
    if form == "parquet":
        return parquet(table)
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as stream:
        stream.write_table(table)
    return bytes(buffer.getvalue())
