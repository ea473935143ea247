"""Makes `docs/examples/signals`: famous Morse signals with their sound and picture, and the Morse alphabet.

Run it with the Python that dspreview is installed in: `python docs/examples/make_signals.py`.
"""

from __future__ import annotations

import csv
import io
import math
import struct
import wave
from datetime import date
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

HERE = Path(__file__).parent / "signals"
WORDS_PER_MINUTE = 20.0
UNIT_SECONDS = 1.2 / WORDS_PER_MINUTE
RATE = 8_000
PITCH = 600

LETTERS = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.", "H": "....", "I": "..",
    "J": ".---", "K": "-.-", "L": ".-..", "M": "--", "N": "-.", "O": "---", "P": ".--.", "Q": "--.-", "R": ".-.",
    "S": "...", "T": "-", "U": "..-", "V": "...-", "W": ".--", "X": "-..-", "Y": "-.--", "Z": "--..",
}  # fmt: skip
DIGITS = {
    "0": "-----", "1": ".----", "2": "..---", "3": "...--", "4": "....-",
    "5": ".....", "6": "-....", "7": "--...", "8": "---..", "9": "----.",
}  # fmt: skip
CODES = LETTERS | DIGITS | {"@": ".--.-."}

KINDS = ["message", "distress", "procedure", "greeting", "measure"]
SIGNALS: list[tuple[str, str, str, date | None]] = [
    (
        "WHAT HATH GOD WROUGHT",
        "message",
        "the message that opened the line from Washington to Baltimore",
        date(1844, 5, 24),
    ),
    ("S", "message", "the letter that Marconi reported to have received across the Atlantic", date(1901, 12, 12)),
    ("CQD", "distress", "distress call of the Marconi company's operators", date(1904, 2, 1)),
    ("SOS", "distress", "international distress signal, sent as one unbroken sign", date(1908, 7, 1)),
    ("@", "procedure", "the commercial at, added to the international code for e-mail addresses", date(2004, 5, 24)),
    ("CQ", "procedure", "general call to all stations", None),
    ("K", "procedure", "invitation to transmit: over", None),
    ("73", "greeting", "best regards, at the end of a contact", None),
    ("PARIS", "measure", "the standard word: with its final space it is 50 units long", None),
    ("E", "measure", "the shortest sign, a single dot", None),
]


def keying(text: str) -> list[tuple[bool, int]]:
    """The key going down and up: (is down, units). SOS has no gaps between its letters."""
    steps: list[tuple[bool, int]] = []
    for word in text.split():
        for letter in word:
            for sign in CODES[letter]:
                steps += [(True, 1 if sign == "." else 3), (False, 1)]
            steps[-1] = (False, 1 if text == "SOS" else 3)
        steps[-1] = (False, 7)
    return steps[:-1]


def sound(steps: list[tuple[bool, int]]) -> bytes:
    """The signal as 16 bit WAV at 600 Hz."""
    samples: list[int] = []
    for down, units in steps:
        count = int(units * UNIT_SECONDS * RATE)
        for number in range(count):
            edge = min(1.0, number / 40, (count - number) / 40)
            samples.append(int(12_000 * edge * math.sin(2 * math.pi * PITCH * number / RATE)) if down else 0)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return buffer.getvalue()


def picture(steps: list[tuple[bool, int]]) -> bytes:
    """The signal as bars on paper, four pixels a unit."""
    width = 4 * sum(units for _, units in steps) + 16
    image = Image.new("RGB", (width, 24), "white")
    draw = ImageDraw.Draw(image)
    left = 8
    for down, units in steps:
        if down:
            draw.rectangle((left, 8, left + 4 * units - 1, 15), fill="black")
        left += 4 * units
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def make_signals() -> None:
    """The Parquet file of the config `signals`."""
    features = datasets.Features(
        {
            "signal": datasets.Value("string"),
            "kind": datasets.ClassLabel(names=KINDS),
            "meaning": datasets.Value("string"),
            "first_used": datasets.Value("date32"),
            "codes": datasets.List(datasets.Value("string")),
            "units": datasets.Value("int32"),
            "seconds": datasets.Value("float64"),
            "picture": datasets.Image(),
            "sound": datasets.Audio(sampling_rate=RATE),
        }
    )
    rows = []
    for text, kind, meaning, first_used in SIGNALS:
        steps = keying(text)
        units = sum(units for _, units in steps)
        name = text.lower().replace(" ", "-").replace("@", "at")
        rows.append(
            {
                "signal": text,
                "kind": KINDS.index(kind),
                "meaning": meaning,
                "first_used": first_used,
                "codes": [CODES[letter] for letter in text if letter != " "],
                "units": units,
                "seconds": round(units * UNIT_SECONDS, 2),
                "picture": {"bytes": picture(steps), "path": f"{name}.png"},
                "sound": {"bytes": sound(steps), "path": f"{name}.wav"},
            }
        )
    pq.write_table(
        pa.Table.from_pylist(rows, schema=features.arrow_schema), HERE / "data" / "signals.parquet", compression="zstd"
    )


def make_alphabet() -> None:
    """The CSV files of the config `alphabet`."""
    for split, codes in {"letters": LETTERS, "digits": DIGITS}.items():
        with (HERE / "data" / f"{split}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["sign", "code", "units"])
            for sign, code in codes.items():
                writer.writerow([f"{sign}", code, sum(1 if mark == "." else 3 for mark in code) + len(code) - 1])


if __name__ == "__main__":
    (HERE / "data").mkdir(parents=True, exist_ok=True)
    make_signals()
    make_alphabet()
