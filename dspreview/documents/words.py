"""What answers say to people: types, counts, ages, in a word or two."""

from __future__ import annotations

from dspreview.documents import plain
from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json

LOOK = 2_000
"""Characters of a text that are looked at where one line is shown: no terminal is wider."""


def harmless(text: str) -> str:
    """The beginning of a text, as harmless text."""
    return plain.harmless(text[:LOOK])


def type_text(feature: FeatureTree) -> str:
    """A feature in a word: `int64`, `label of 3`, `list<string>`, `{a, b}`."""
    return harmless(Feature(feature).words())


def plain_type(feature: FeatureTree) -> str:
    """A feature in the words of people: `integer`, `category of 3`, `list of text`."""
    return harmless(Feature(feature).plain_words())


MOST_WHOLE = 1e21
"""Whole floats below are written with all their digits."""


def number_text(value: float) -> str:
    """A number with its thousands, exact where it is whole or takes no more than 16 signs, else with six digits that count."""
    text = f"{value:,}"
    if isinstance(value, int) or len(text) <= 16:
        return text.removesuffix(".0")
    if abs(value) < MOST_WHOLE and value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if 1e5 <= abs(value) < 1e16 else f"{value:.6g}"


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,104 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def age_text(seconds: float) -> str:
    """How long ago, in the largest unit that counts."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def span_text(seconds: float) -> str:
    """How long something took, in the largest unit that counts."""
    for unit, size in (("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def place_text(name: str, here: str, home: str) -> str:
    """A dataset as one would type it: a path below the working folder or the home folder from there."""
    for start, short in ((here, "."), (home, "~")):
        root = start.rstrip("/")
        if root and (name == root or name.startswith(f"{root}/")):
            return harmless(short + name[len(root) :])
    return harmless(name)


def without_left(text: str, most: int) -> str:
    """The end of a text, where it is too long: what tells paths apart stands there."""
    return text if len(text) <= most else f"…{text[len(text) - most + 1 :]}"


def bytes_text(size: int) -> str:
    """A size in the largest unit that counts: `512 B`, `1.4 MB`."""
    number, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1_000 or unit == "TB":
            break
        number /= 1_000
    return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"


def sound_text(found: dict[str, Json]) -> str:
    """Length and rate of a sound, as far as they are known."""
    facts = []
    if isinstance(duration := found.get("duration"), (int, float)):
        facts.append(f"{duration:g} s")
    if isinstance(rate := found.get("sampling_rate"), int):
        facts.append(f"{rate / 1_000:g} kHz")
    return " · ".join(facts)


def fitted(width: float, height: float, box: tuple[int, int]) -> tuple[int, int]:
    """The size of a picture inside a box, never larger than it is."""
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
