"""What tells a key from a text that looks like one: checksums of issuers, structure, entropy."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from typing import Any

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
PLACEHOLDER = re.compile(
    r"example|your[_-]|changeme|change_me|dummy|redacted|placeholder|x{6,}|\*{3,}|\.{3}|<[^>]*>|\$\{|\{\{|%\(|(.)\1{7,}|1234567890|abcdefghij|0123456789",
    re.IGNORECASE,
)
"""What stands where a key would be."""


def is_placeholder(text: str) -> bool:
    """Whether a text stands for a key that is not there."""
    return PLACEHOLDER.search(text) is not None


def bits(text: str) -> float:
    """Shannon's entropy of the characters of a text, in bits a character."""
    number = len(text)
    return -sum(count / number * math.log2(count / number) for count in Counter(text).values()) if number else 0.0


def in_base(number: int, digits: str) -> str:
    """A number in the base of some digits."""
    found = ""
    while number:
        number, rest = divmod(number, len(digits))
        found = digits[rest] + found
    return found


def github(token: str) -> bool:
    """Tokens of GitHub and npm end with a CRC-32 of their body in base 62."""
    _, _, rest = token.partition("_")
    return in_base(zlib.crc32(rest[:-6].encode()), BASE62).rjust(6, "0") == rest[-6:]


def gitlab(token: str) -> bool:
    """Routable tokens of GitLab end with a CRC-32 of all before it in base 36."""
    return in_base(zlib.crc32(token[:-7].encode()), BASE36).rjust(7, "0") == token[-7:]


def grafana(token: str) -> bool:
    """Service tokens of Grafana end with a CRC-32, least significant byte first."""
    head, _, check = token.rpartition("_")
    return zlib.crc32(head.encode()).to_bytes(4, "little").hex() == check


def jwt(token: str) -> bool:
    """A signed JSON Web Token has an algorithm in its header (RFC 7519)."""
    head, payload, signature = (*token.split("."), "", "")[:3]
    told = decoded_json(head)
    return (
        isinstance(told, dict)
        and isinstance(told.get("alg"), str)
        and told["alg"].lower() != "none"
        and isinstance(decoded_json(payload), dict)
        and bool(signature)
    )


def discord(token: str) -> bool:
    """The first part of a token of Discord is the number of its bot."""
    data = decoded(token.partition(".")[0])
    return data is not None and re.fullmatch(rb"\d{17,20}", data) is not None


def storage_key(text: str) -> bool:
    """A key of Azure Storage has 64 bytes."""
    data = decoded(text)
    return data is not None and len(data) == 64


def mixed(text: str) -> bool:
    """Whether a text has three of: small and capital letters, digits, other signs. Names in a program have fewer."""
    kinds = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")
    return sum(re.search(kind, text) is not None for kind in kinds) >= 3 and not re.fullmatch(r"[A-Za-z_.\-/:]+", text)


PATH = re.compile(r"(?:[A-Za-z]:)?[./~\\]|[\w.-]+/[\w./-]+$|(?:sha\d+|md5|file|path|env)[:-]", re.IGNORECASE)
"""How paths begin, and digests."""
WORD = re.compile(r"pass(?:word|wd|phrase)|secret|enter|key|token|insert|todo|none|test", re.IGNORECASE)


def password(text: str) -> bool:
    """Whether a text after the word password is one: no path, no digest, and no words that stand for one."""
    return mixed(text) and PATH.match(text) is None and WORD.search(text) is None


def has_capital(text: str) -> bool:
    """Whether there is a capital letter: what has none is a number in base 16."""
    return any(letter.isupper() for letter in text)


def decoded(text: str) -> bytes | None:
    """What base 64 of either alphabet stands for."""
    try:
        return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def decoded_json(text: str) -> Any:
    """The JSON in base 64; None where there is none."""
    try:
        return json.loads(decoded(text) or b"")
    except (ValueError, RecursionError):
        return None
