"""Kinds of personal data: addresses of people, numbers of accounts and cards, and national numbers with their checksums.

A number whose checksum many others pass by chance counts only where a word beside it, or the name of its column, says what it is.
Checksums are those of python-stdnum, but for those of Britain's NINO, which has none.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import NamedTuple

LETTERS = "A-Za-zÀ-ÖØ-öø-ɏ"
START, END = r"(?<![A-Za-z0-9_.\-/+=])", r"(?![A-Za-z0-9_\-/+=]|\.\d)"


class PersonalKind(NamedTuple):
    """A kind of personal data."""

    name: str
    shape: str
    """What each has, as RE2 reads it."""
    form: str
    holds: Callable[[str], bool]
    """Whether it is one."""
    context: str = ""
    """The words that must be beside it, or in the name of its column; empty where it speaks for itself."""


def valid(module: str, text: str) -> bool:
    """Whether python-stdnum takes a number for valid."""
    digits = re.sub(r"\D", "", text)
    if len(set(digits)) == 1 or digits in "0123456789012345":
        return False
    try:
        return bool(import_module(f"stdnum.{module}").is_valid(text))
    except LookupError:  # a region that its tables do not have
        return False


RESERVED = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|localhost|local|users\.noreply\.github\.com)$",
    re.IGNORECASE,
)
"""Domains that belong to nobody (RFC 2606)."""
ROLES = frozenset("admin info support help contact noreply no-reply do-not-reply sales hello team office webmaster postmaster abuse security press git root user username name email mail you me someone".split())  # fmt: skip # noqa: SIM905 - one a line would be a page
FILES = frozenset("png jpg jpeg gif svg webp js ts css json py html htm md txt sh yml yaml xml so jar".split())  # noqa: SIM905


def email(text: str) -> bool:
    """Whether an address is that of a person: not of a role, of a file, or of a domain that belongs to nobody."""
    name, _, domain = text.lower().rpartition("@")
    top = domain.rpartition(".")[2]
    digits = sum(letter.isdigit() for letter in name)
    if digits >= 10 or (len(name) > 24 and digits >= 4) or domain == "mail.gmail.com":  # the number of a message
        return False
    return name not in ROLES and top not in FILES and RESERVED.search(domain) is None and ".." not in text


NORTH_AMERICAN = re.compile(r"1[2-9]\d\d[2-9](?!5501)\d{6}")
"""Numbers of the plan of North America (NANP); those from 555-0100 to 555-0199 belong to nobody."""


def phone(text: str) -> bool:
    """Whether a number has as many digits as one with its country (E.164), and not all alike."""
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"\+\d+\.\d+", text):  # a number with a sign
        return False
    if digits[0] == "1" and not NORTH_AMERICAN.fullmatch(digits):
        return False
    return 10 <= len(digits) <= 15 and len(set(digits)) > 2 and digits[1:] not in "12345678901234567890"


CARDS = (
    (re.compile(r"4"), (13, 16, 19)), (re.compile(r"5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)"), (16,)), (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|64[4-9]|65"), (16, 17, 18, 19)), (re.compile(r"3(?:0[0-5]|095|[689])"), (14,)), (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),
    (re.compile(r"62|81"), (16, 17, 18, 19)),
)  # fmt: skip
"""How numbers of cards begin, and their lengths: Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay."""
TEST_CARDS = frozenset({"4242424242424242", "4111111111111111", "5555555555554444", "378282246310005", "4012888888881881"})  # fmt: skip
"""Those that every manual of payments has."""


def card(text: str) -> bool:
    """Whether a number is that of a card: by the beginning of a brand, its length, and Luhn's sum."""
    digits = re.sub(r"\D", "", text)
    if digits in TEST_CARDS or len(set(digits)) < 3:
        return False
    branded = any(begin.match(digits) and len(digits) in lengths for begin, lengths in CARDS)
    return branded and bool(import_module("stdnum.luhn").is_valid(digits))


def address(text: str) -> bool:
    """Whether an IP address is somebody's: not of a private or reserved net, and none that looks like a version."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    if not found.is_global or found.is_multicast:
        return False
    return found.version == 6 or sum(len(part) > 1 for part in text.split(".")) >= 3


def ssn(text: str) -> bool:
    """Whether numbers of the United States' Social Security are given like this; those of manuals are not."""
    return valid("us.ssn", text) and text not in {"078-05-1120", "219-09-9999", "457-55-5462"}


def nino(text: str) -> bool:
    """Britain's has no checksum; its form says all (gov.uk, NIM39110)."""
    return text.upper().replace(" ", "") != "QQ123456C"


CARD_WORDS = r"(?i)\b(?:card|visa|master ?card|amex|credit|debit|pan)\b"
PERSONAL = (
    PersonalKind("email", r"[^\s@]@[A-Za-z0-9-]+\.[A-Za-z]", rf"(?:(?<![{LETTERS}0-9._%+/@:-])|(?<=(?i:mailto):)|(?<=(?i:mail):)|(?<=(?i:contact):)|(?<=(?i:from):)|(?<=(?i:to):))[{LETTERS}0-9](?:[{LETTERS}0-9._%+-]{{0,62}}[{LETTERS}0-9_+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.){{1,5}}[A-Za-z]{{2,24}}(?![A-Za-z0-9_@-]|\.[A-Za-z])", email),
    PersonalKind("phone", r"\+[1-9][0-9 ().-]{8,}", r"(?<![A-Za-z0-9_+=/.-])\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![A-Za-z0-9_+=/]|[.-]\d)", phone),
    PersonalKind("iban", r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}", rf"{START}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{END}", partial(valid, "iban")),
    PersonalKind("payment-card", r"[0-9]{4}[ -](?:[0-9]{4}[ -]|[0-9]{6}[ -])[0-9]{4,5}", rf"{START}(?:\d{{4}}([ -])\d{{4}}\1\d{{4}}\1\d{{4}}|\d{{4}}([ -])\d{{6}}\2\d{{5}}){END}", card),
    PersonalKind("payment-card", r"[0-9]{13}", rf"{START}\d{{13,19}}{END}", card, CARD_WORDS),
    PersonalKind("ip-address", r"[0-9]{2,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9]\.[0-9]{2,3}\.[0-9]{2,3}\.[0-9]{2,3}", r"(?<![\w.+/-])(?<!v)(?<![vV]ersion )(?<![vV]ersions )(?<![sS]ection )(?<![sS]ections )(?<![cC]hapter )(?<![cC]lause )(?<![aA]rticle )(?<![rR]elease )(?<![bB]uild )(?<!§)(?<!§ )(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)", address),
    PersonalKind("ip-address", r"[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{4}", r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){3,7}(?::|[0-9A-Fa-f]{1,4})(?::?[0-9A-Fa-f]{1,4}){0,4}(?![\w:])", address),
    PersonalKind("us-ssn", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", rf"{START}\d{{3}}-\d{{2}}-\d{{4}}{END}", ssn, r"(?i)\bssn\b|social.?security"),
    PersonalKind("gb-nino", r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]", rf"{START}(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-D]{END}", nino, r"(?i)\bnino\b|national.?insurance"),
    PersonalKind("de-idnr", r"[0-9]{11}|[0-9]{2} [0-9]{3} [0-9]{3}", rf"{START}[1-9]\d ?\d{{3}} ?\d{{3}} ?\d{{3}}{END}", partial(valid, "de.idnr"), r"(?i)steuer.?(?:id|nummer)|\bidnr\b|\btax.?id\b"),
    PersonalKind("fr-nir", r"[0-9 ]{13}", rf"{START}[12] ?\d{{2}} ?(?:0[1-9]|1[0-2]) ?(?:\d{{2}}|2[AB]) ?\d{{3}} ?\d{{3}} ?\d{{2}}{END}", partial(valid, "fr.nir"), r"(?i)\bnir\b|s[ée]cu|insee"),
    PersonalKind("es-dni", r"[0-9XYZ]-?[0-9]{7}-?[A-Z]", rf"{START}\d{{8}}-?[A-HJ-NP-TV-Z]{END}", partial(valid, "es.dni"), r"(?i)\bdni\b|\bnif\b"),
    PersonalKind("es-nie", r"[XYZ]-?[0-9]{7}-?[A-Z]", rf"{START}[XYZ]-?\d{{7}}-?[A-HJ-NP-TV-Z]{END}", partial(valid, "es.nie"), r"(?i)\bnie\b|extranjer"),
    PersonalKind("it-codice-fiscale", r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST]", rf"{START}[A-Z]{{6}}[0-9LMNPQRSTUV]{{2}}[ABCDEHLMPRST][0-9LMNPQRSTUV]{{2}}[A-Z][0-9LMNPQRSTUV]{{3}}[A-Z]{END}", partial(valid, "it.codicefiscale")),
    PersonalKind("pl-pesel", r"[0-9]{11}", rf"{START}\d{{11}}{END}", partial(valid, "pl.pesel"), r"(?i)pesel"),
    PersonalKind("nl-bsn", r"[0-9]{9}", rf"{START}\d{{9}}{END}", partial(valid, "nl.bsn"), r"(?i)\bbsn\b|burgerservice"),
    PersonalKind("be-nn", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}", rf"{START}\d{{2}}\.\d{{2}}\.\d{{2}}-\d{{3}}\.\d{{2}}{END}", partial(valid, "be.nn")),
    PersonalKind("se-personnummer", r"[0-9]{6}[-+][0-9]{4}", rf"{START}(?:\d{{2}})?\d{{6}}[-+]\d{{4}}{END}", partial(valid, "se.personnummer"), r"(?i)personnummer|person.?nr"),
    PersonalKind("fi-hetu", r"[0-9]{6}[-+A-Y][0-9]{3}[0-9A-Y]", rf"{START}\d{{6}}[-+A-FU-Y]\d{{3}}[0-9A-FHJ-NPR-Y]{END}", partial(valid, "fi.hetu"), r"(?i)hetu|henkil[öo]tunnus|sotu"),
    PersonalKind("no-fnr", r"[0-9]{6} ?[0-9]{5}", rf"{START}\d{{6}} ?\d{{5}}{END}", partial(valid, "no.fodselsnummer"), r"(?i)f[øo]dselsnummer|\bfnr\b|personnummer"),
    PersonalKind("dk-cpr", r"[0-9]{6}-[0-9]{4}", rf"{START}\d{{6}}-\d{{4}}{END}", partial(valid, "dk.cpr"), r"(?i)\bcpr\b|personnummer"),
    PersonalKind("pt-nif", r"[0-9]{9}", rf"{START}[1-35689]\d{{8}}{END}", partial(valid, "pt.nif"), r"(?i)\bnif\b|contribuinte"),
    PersonalKind("cz-rc", r"[0-9]{6}/[0-9]{3}", rf"{START}\d{{6}}/\d{{3,4}}{END}", partial(valid, "cz.rc"), r"(?i)rodn[éeá]|\brc\b|birth.?number"),
    PersonalKind("br-cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", rf"{START}\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}}{END}", partial(valid, "br.cpf")),
    PersonalKind("in-aadhaar", r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", rf"{START}[2-9]\d{{3}}[ -]?\d{{4}}[ -]?\d{{4}}{END}", partial(valid, "in_.aadhaar"), r"(?i)aa?dhaa?r|uidai"),
    PersonalKind("cn-ric", r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]", rf"{START}[1-9]\d{{5}}(?:18|19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dXx]{END}", partial(valid, "cn.ric")),
    PersonalKind("jp-my-number", r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", rf"{START}\d{{4}}[ -]?\d{{4}}[ -]?\d{{4}}{END}", partial(valid, "jp.in_"), r"(?i)my.?number|マイナンバー|個人番号"),
    PersonalKind("kr-rrn", r"[0-9]{6}-[0-9]{7}", rf"{START}\d{{6}}-[1-8]\d{{6}}{END}", partial(valid, "kr.rrn"), r"(?i)\brrn\b|resident|주민"),
    PersonalKind("au-tfn", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", rf"{START}\d{{3}} ?\d{{3}} ?\d{{3}}{END}", partial(valid, "au.tfn"), r"(?i)\btfn\b|tax.?file"),
    PersonalKind("ca-sin", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", rf"{START}[1-79]\d{{2}}[ -]?\d{{3}}[ -]?\d{{3}}{END}", partial(valid, "ca.sin"), r"\bSIN\b|(?i:social.?insurance|\bsin (?:number|no\b)|^sin$)"),
    PersonalKind("za-id", r"[0-9]{13}", rf"{START}\d{{13}}{END}", partial(valid, "za.idnr"), r"(?i)south.?africa|\bsa.?id\b|id.?number"),
    PersonalKind("tr-tckn", r"[0-9]{11}", rf"{START}[1-9]\d{{10}}{END}", partial(valid, "tr.tckimlik"), r"(?i)tckn|kimlik"),
    PersonalKind("ch-ahv", r"756\.[0-9]{4}\.[0-9]{4}", rf"{START}756\.\d{{4}}\.\d{{4}}\.\d{{2}}{END}", partial(valid, "ch.ssn")),
)  # fmt: skip
"""All kinds, the more certain ones first."""


@cache
def patterns() -> tuple[tuple[PersonalKind, re.Pattern[str], re.Pattern[str] | None], ...]:
    """Each kind with its form and its context."""
    return tuple((one, re.compile(one.form), re.compile(one.context) if one.context else None) for one in PERSONAL)


SHAPES = "|".join(dict.fromkeys(one.shape for one in PERSONAL if not one.context))
"""What every text has that holds something which speaks for itself, as RE2 reads it."""
CONTEXT = "|".join(dict.fromkeys(one.context for one in PERSONAL if one.context))
"""The words beside the others."""
