"""Keys of all kinds are found, masked, and nothing in ordinary text is taken for one. No key here was ever issued: they are made when
the test runs, by the forms that the issuers describe.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import string
import zlib
from typing import Any

import pyarrow as pa
import pytest

from dspreview.check.secrets import keys, personal
from dspreview.check.secrets.redaction import Redaction
from dspreview.check.secrets.scan import Scan, hits_in, suspects
from tests.support.data import parquet, write

LOWER, UPPER, DIGIT = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM = LOWER + UPPER + DIGIT
LETTERS = {
    "A": ALNUM,
    "H": DIGIT + "abcdef",
    "U": ALNUM + "_-",
    "D": DIGIT,
    "C": UPPER + DIGIT,
    "B": UPPER + "234567",
    "S": LOWER + DIGIT,
    "T": ALNUM + "+/",
    "X": DIGIT + "ABCDEF",
    "E": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
"""What a letter in a form below stands for: {A36} is 36 of them."""
FORMS = {
    "aws-access-key-id": "AKIA{B16}", "aws-secret-access-key": 'aws_secret_access_key = "{T40}"', "github-app-token": "ghs_{A36}",
    "github-fine-grained-token": "github_pat_1{A21}_{A59}", "gitlab-token": "glpat-{A20}", "gitlab-runner-token": "glrt-{A20}",
    "gitlab-deploy-token": "gldt-{A20}", "huggingface-token": "hf_{A34}", "openai-key": "sk-proj-{A58}T3BlbkFJ{A58}", "anthropic-key": "sk-ant-api03-{U93}AA",
    "openrouter-key": "sk-or-v1-{H64}", "google-api-key": "AIza{U35}", "google-oauth-secret": "GOCSPX-{A28}", "google-oauth-token": "ya29.{A60}",
    "slack-token": "xoxb-{D12}-{D12}-{A24}", "slack-app-token": "xapp-1-{C11}-{D13}-{H64}", "slack-webhook": "https://hooks.slack.com/services/T{C9}/B{C9}/{A24}",
    "stripe-key": "sk_live_{A24}", "stripe-webhook-secret": "whsec_{T32}", "sendgrid-key": "SG.{U22}.{U43}", "mailchimp-key": "{H32}-us12",
    "discord-webhook": "https://discord.com/api/webhooks/{D18}/{A68}", "telegram-bot-token": "{D10}:AA{A33}", "pypi-token": "pypi-AgEIcHlwaS5vcmc{A120}",
    "rubygems-token": "rubygems_{H48}", "dockerhub-token": "dckr_pat_{A27}", "digitalocean-token": "dop_v1_{H64}", "heroku-key": "HRKU-AA{A58}",
    "cloudflare-token": "cfut_{A40}{H8}", "cloudflare-origin-ca-key": "v1.0-{H24}-{H146}", "databricks-token": "dapi{H32}", "shopify-token": "shpat_{H32}",
    "square-token": "sq0csp-{U43}", "braintree-token": "access_token$production${S16}${H32}", "azure-client-secret": "{A3}8Q~{A34}",
    "private-key": "-----BEGIN PRIVATE KEY-----\n{A64}\n{A64}\n-----END PRIVATE KEY-----", "pgp-private-key": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{A64}\n{A64}\n-----END PGP",
    "putty-private-key": "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n{A64}\n{A64}", "age-secret-key": "AGE-SECRET-KEY-1{E58}", "vault-token": "hvs.{A95}",
    "terraform-token": "{A14}.atlasv1.{A67}", "pulumi-token": "pul-{H40}", "grafana-cloud-token": "glc_eyJ{A60}", "new-relic-key": "NRAK-{C27}",
    "sentry-token": "sntryu_{H64}", "datadog-key": "DATADOG_API_KEY={H32}", "linear-key": "lin_api_{A40}", "notion-token": "ntn_{D11}{A35}", "figma-token": "figd_{A40}",
    "airtable-token": "pat{A14}.{H64}", "postman-key": "PMAK-{H24}-{H34}", "replicate-token": "r8_{A37}", "groq-key": "gsk_{A52}", "xai-key": "xai-{A80}",
    "perplexity-key": "pplx-{A48}", "wandb-key": "WANDB_API_KEY={H40}", "supabase-token": "sbp_{H40}", "planetscale-token": "pscale_tkn_{A43}", "doppler-token": "dp.pt.{A43}",
    "atlassian-token": "ATATT3{A186}", "bitbucket-password": "ATBB{A24}{X8}", "1password-token": "ops_eyJ{A300}", "alibaba-access-key-id": "LTAI{A20}",
    "clickhouse-secret": "4b1d{A38}", "url-with-password": "postgres://app:{A24}-9@db.internal/x", "password": 'password = "{A24}-9"',
}  # fmt: skip


def base(number: int, digits: str, width: int) -> str:
    """A number in a base, of so many digits."""
    return ("" if width == 1 else base(number // len(digits), digits, width - 1)) + digits[number % len(digits)]


def filled(form: str, lot: random.Random) -> str:
    return re.sub(r"\{([A-Z])(\d+)\}", lambda found: "".join(lot.choices(LETTERS[found[1]], k=int(found[2]))), form)


def made(kind: str, lot: random.Random) -> str:
    """A key of a kind, its checksum as the issuer says."""
    body = filled("{A30}", lot)
    ordered = DIGIT + UPPER + LOWER
    if kind in {"github-token", "npm-token"}:
        return ("ghp_" if kind == "github-token" else "npm_") + body + base(zlib.crc32(body.encode()), ordered, 6)
    if kind == "gitlab-routable-token":
        head = f"glpat-{body}.01.{base(30, DIGIT + LOWER, 2)}"
        return head + base(zlib.crc32(head.encode()), DIGIT + LOWER, 7)
    if kind == "grafana-token":
        head = "glsa_" + filled("{A32}", lot)
        return f"{head}_{zlib.crc32(head.encode()).to_bytes(4, 'little').hex()}"
    if kind == "discord-bot-token":
        number = base64.b64encode(filled("1{D17}", lot).encode()).decode()
        return f"{number}.{filled('{A6}.{A38}', lot)}"
    if kind == "azure-storage-key":
        return f"AccountKey={base64.b64encode(lot.randbytes(64)).decode()}"
    if kind == "jwt":
        parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "77", "iat": lot.randrange(10**9)}]
        coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*coded, base64.urlsafe_b64encode(lot.randbytes(32)).decode().rstrip("=")])
    return filled(FORMS[kind], lot)


KINDS = [one.name for one in keys.KEYS]


def test_there_are_many_kinds() -> None:
    assert len(KINDS) == len(set(KINDS)) >= 70
    assert len({one.name for one in personal.PERSONAL}) >= 30


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_key_is_found_wherever_it_stands(kind: str) -> None:
    lot = random.Random(kind)
    for _ in range(20):
        key = made(kind, lot)
        for text in (key, f"see {key} there", json.dumps({"k": key}), f"a\\n{key}"):
            if kind in {
                "pgp-private-key",
                "private-key",
                "putty-private-key",
                "aws-secret-access-key",
                "password",
            } and text.startswith("{"):
                continue  # JSON doubles the backslashes and quotes of what spans lines, or is quoted itself
            assert suspects(pa.array([text]), "t") == [0], text
            assert kind in {hit.kind for hit in hits_in(text)}, text
            for hit in hits_in(text):
                assert key[len(key) // 2 :] not in hit.masked(text)


@pytest.mark.parametrize("kind", ["github-token", "npm-token", "gitlab-routable-token", "grafana-token"])
def test_a_wrong_checksum_is_no_key(kind: str) -> None:
    key = made(kind, random.Random(kind))
    wrong = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
    assert kind not in {hit.kind for hit in hits_in(wrong)}


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE", "password = 'changeme'", 'api_key = "YOUR_API_KEY_HERE_123"', "hf_" + "x" * 34, 'token: "${GITHUB_TOKEN_VALUE}"',
        "postgres://user:password@localhost/db", "https://user:secret1@example.com/", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.abcdefghijklmnopqrstu",
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 80, 'secret_key = "settings.SECRET_KEY_FILE"', 'password = get_password("hunter")',
    ],
)  # fmt: skip
def test_what_stands_for_a_key_is_none(text: str) -> None:
    assert [hit for hit in hits_in(text) if hit.code == "secret"] == []


PERSONAL = {
    "email": ("jane.doe@mail-provider.org", "jane.doe@example.com"), "phone": ("+44 20 7946 0958", "+1234567890"), "iban": ("DE50000000000123456789", "DE50000000000123456788"),
    "payment-card": ("4000 0000 0000 0002", "4000 0000 0000 0003"), "ip-address": ("81.213.44.17", "192.168.10.17"), "it-codice-fiscale": ("FKAFKE90A01H501Z", "FKAFKE90A01H501A"),
    "be-nn": ("90.01.01-001.23", "90.01.01-001.20"), "br-cpf": ("123.456.789-09", "123.456.789-00"), "cn-ric": ("110101199001010015", "110101199001010010"),
    "ch-ahv": ("756.1234.5678.97", "756.1234.5678.90"),
}  # fmt: skip
"""Of each kind that speaks for itself a number that is made up, and one that is none."""
BESIDE = {
    "us-ssn": ("SSN", "536-22-0001", "666-22-0001"), "gb-nino": ("NINO", "AB123456C", "BG123456C"), "de-idnr": ("Steuer-ID", "12345678911", "12345678910"),
    "es-dni": ("DNI", "53107244Z", "53107244A"), "es-nie": ("NIE", "X7310724J", "X7310724A"), "pl-pesel": ("PESEL", "90010100009", "90010100000"),
    "nl-bsn": ("BSN", "123456782", "123456780"), "se-personnummer": ("personnummer", "900101-0009", "900101-0000"), "fi-hetu": ("hetu", "010190-002R", "010190-002S"),
    "no-fnr": ("fnr", "01019000083", "01019000080"), "pt-nif": ("NIF", "508273196", "508273190"), "in-aadhaar": ("Aadhaar", "234567890124", "234567890120"),
    "jp-my-number": ("my number", "123456789018", "123456789010"), "au-tfn": ("TFN", "123456782", "123456780"), "ca-sin": ("SIN", "123456782", "123456780"),
    "za-id": ("SA ID", "9001010000080", "9001010000081"), "tr-tckn": ("TCKN", "12345678950", "12345678951"), "payment-card": ("card", "4000000000000002", "4000000000000003"),
    "fr-nir": ("NIR", "190017500100196", "190017500100190"),
}  # fmt: skip
"""And of those that need a word beside them."""


@pytest.mark.parametrize("kind", PERSONAL)
def test_personal_data_that_speaks_for_itself(kind: str) -> None:
    right, wrong = PERSONAL[kind]
    assert suspects(pa.array([f"x {right} y"]), "t") == [0]
    (hit,) = hits_in(f"x {right} y")
    assert (hit.code, hit.kind) == ("pii", kind)
    assert right not in hit.masked(f"x {right} y")
    assert hits_in(f"x {wrong} y") == []


@pytest.mark.parametrize("kind", BESIDE)
def test_numbers_that_need_a_word_beside_them(kind: str) -> None:
    word, right, wrong = BESIDE[kind]
    text = f"{word}: {right}"
    assert suspects(pa.array([text]), "t") == [0]
    assert kind in {hit.kind for hit in hits_in(text)}
    assert kind in {hit.kind for hit in hits_in(right, word.lower().replace(" ", "_"))}
    assert kind not in {hit.kind for hit in hits_in(f"order {right}")}
    assert kind not in {hit.kind for hit in hits_in(f"{word}: {wrong}")}


def test_ordinary_text_holds_none() -> None:
    """A hundred thousand rows of words, hashes, URLs, base64, order numbers, versions, times and lines of a program."""
    lot = random.Random(7)
    words = ["".join(lot.choices(LOWER, k=lot.randint(2, 9))) for _ in range(3_000)]

    def row(number: int) -> str:
        extra = (
            hashlib.sha256(str(number).encode()).hexdigest(), hashlib.md5(str(number).encode()).hexdigest(), base64.b64encode(lot.randbytes(60)).decode(),
            f"https://{words[number % 3_000]}.org/{number}?id={lot.randrange(10**12)}&v=1.2.{number}", f"order {lot.randrange(10**15, 10**16)}", f"v{number % 9}.1.0.2 of 2024-01-02T03:04:05.678Z",
            f"def {words[number % 3_000]}(token: str) -> str: return token.strip()  # key=value", f"self.password = kwargs.pop('{words[number % 3_000]}', None)", f"{lot.randrange(10**9)}-{lot.randrange(10**4)}",
            f"x{lot.randrange(16**12):012x}-{lot.randrange(16**4):04x}", f"0x{lot.randrange(16**16):x} {lot.random()} {lot.randrange(10**11)}", base64.b32encode(lot.randbytes(30)).decode(),
        )  # fmt: skip
        return " ".join([*lot.choices(words, k=8), extra[number % len(extra)]])

    scan = Scan("t")
    texts = pa.array([row(number) for number in range(100_000)])
    scan.look("t", texts, lambda place: place)
    assert sum(sight.rows for sight in scan.seen.values()) <= 1, scan.seen


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
@pytest.mark.parametrize("form", ["parquet", "jsonl", "nested"])
def test_findings_say_where_and_tell_no_key(words: list[str], form: str, tmp_path: Any, dspreview: Any) -> None:
    token, mail = made("github-token", random.Random(1)), "jane.doe@mail-provider.org"
    texts = ["a", f"use {token}", "b", f"mail {mail}", f"and {mail}"]
    if form == "parquet":
        files: dict[str, Any] = {"a.parquet": parquet({"n": list(range(5)), "t": texts})}
    elif form == "jsonl":
        files = {"a.jsonl": "".join(json.dumps({"n": number, "t": text}) + "\n" for number, text in enumerate(texts))}
    else:
        files = {"a.parquet": parquet({"n": list(range(5)), "t": [[{"x": text}] for text in texts]})}
    found = dspreview("check", write(tmp_path / "d", files), "--json", *words)
    path = "t.x" if form == "nested" else "t"
    told = [(one["code"], one["row"], one["column"]) for one in found.json["findings"]]
    assert told == [("secret", 1, path), ("pii", 3, path)]
    assert "github-token ghp_… (40 characters)" in found.json["findings"][0]["message"]
    assert "(2 such)" in found.json["findings"][1]["message"]
    for output in ("json", "table", "sarif", "junit", "github"):
        out = dspreview("check", tmp_path / "d", "--format", output, *words)
        assert token not in out.out + out.err
        assert mail not in out.out + out.err


def test_other_messages_tell_no_key_either(tmp_path: Any, dspreview: Any) -> None:
    token = made("huggingface-token", random.Random(2))
    data = write(tmp_path / "d", {"a.csv": "n,t\n" + "".join(f"{number},{token}\n" for number in range(9))})
    found = dspreview("check", data, "--json", "--all-rows")
    assert {"constant-column", "secret"} <= {one["code"] for one in found.json["findings"]}
    assert token not in found.out


def test_of_a_password_no_character_is_shown() -> None:
    for text, secret in (("password = 'q7Kw9zLm2Xv4'", "q7Kw"), ("ftp://bob:q7Kw9zLm2Xv4@files.company.org/", "q7Kw")):
        (hit,) = hits_in(text)
        assert secret not in hit.masked(text)
        assert hit.masked(text) == "… (12 characters)"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("10.20.30.141 and 81.213.44.17", "version"), ("81.213.44.17", "min_version"), ("off by +3.14159265358979", "t"),
        ("49699333+someone@users.noreply.github.com", "t"), ("<20240102030405.12345678.9abcdef0123456789@mail.gmail.com>", "t"),
    ],
)  # fmt: skip
def test_what_looks_personal_and_is_not(text: str, column: str) -> None:
    assert hits_in(text, column) == []


@pytest.mark.parametrize(
    "text",
    [
        "Sin embargo, las ventas fueron de 123456782 euros", "+1699123456,3", "+12025550123", "section 81.213.44.17 of the standard", "version 81.213.44.17 is out",
        'private_key="path/to/Private_Key1.pem"', 'api_key = "sha256:Abc123Def456"', '"password": "Enter_Password_1"', 'pwd="/home/User1/Projects"',
        "Message-ID: <20240101123456.1234@mail.company.org>",
    ],
)  # fmt: skip
def test_what_code_and_logs_hold_is_none(text: str) -> None:
    assert hits_in(text) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<a href="mailto:jane.roe@mail-provider.org">', '<a href="mailto:[email]">'), ("Contact:jane.roe@mail-provider.org", "Contact:[email]"),
        ("Mar\u00eda mar\u00eda@dominio.es", "Mar\u00eda [email]"), ("https://u:secret@host.org/", "https://u:secret@host.org/"),
    ],
)  # fmt: skip
def test_an_address_behind_a_colon_or_with_an_accent(text: str, shown: str) -> None:
    assert Redaction().text(text, "t") == shown


def test_a_key_behind_an_underscore_or_in_a_url() -> None:
    token = made("github-token", random.Random(3))
    for text in (f"TOKEN_{token}", f"%22{token}%22"):
        assert [hit.kind for hit in hits_in(text)] == ["github-token"], text


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
def test_numbers_are_what_their_column_says(words: list[str], tmp_path: Any, dspreview: Any) -> None:
    """As texts and as integers; a number of a card that Luhn's sum refuses is none."""
    rows = [(4000000000000002, "Bob"), (4000000000000003, "Al")]
    texts = "".join(json.dumps({"card_number": str(number), "n": name}) + "\n" for number, name in rows)
    numbers = "credit_card,n\n" + "".join(f"{number},{name}\n" for number, name in rows)
    for name, text, column in (("a.jsonl", texts, "card_number"), ("a.csv", numbers, "credit_card")):
        data = write(tmp_path / name, {name: text})
        found = dspreview("check", data, "--json", *words).json["findings"]
        assert [(one["code"], one["row"], one["column"]) for one in found] == [("pii", 0, column)]
        dspreview("export", data, "--to", tmp_path / "o.jsonl", "--force", "--redact")
        written = [json.loads(line)[column] for line in (tmp_path / "o.jsonl").read_text().splitlines()]
        assert written == (["[payment-card]", "4000000000000003"] if name == "a.jsonl" else [None, 4000000000000003])


def test_numbers_inside_values_and_reports_are_taken_out(tmp_path: Any, dspreview: Any) -> None:
    rows = [{"paid": [{"card_number": 4000000000000002, "sum": 4000000000000002}]}]
    data = write(tmp_path / "d", {"a.parquet": parquet(pa.table({"paid": [row["paid"] for row in rows]}))})
    found = dspreview("check", data, "--json", "--report", tmp_path / "r.html").json["findings"]
    assert [one["column"] for one in found if one["code"] == "pii"] == ["paid.card_number"]
    assert (tmp_path / "r.html").read_text().count("4000000000000002") == 1
    dspreview("export", data, "--to", tmp_path / "o.jsonl", "--redact")
    assert json.loads((tmp_path / "o.jsonl").read_text()) == {"paid": [{"card_number": None, "sum": 4000000000000002}]}


def test_keys_are_taken_out_however_they_are_stored(tmp_path: Any, dspreview: Any) -> None:
    token = made("github-token", random.Random(4))
    table = pa.table({
        "category": pa.array([token]).dictionary_encode(), "view": pa.array([token], pa.string_view()), "map": pa.array([[("k", token)]], pa.map_(pa.string(), pa.string())),
        "deep": [[{"x": [token]}]],
    })  # fmt: skip
    data = write(tmp_path / "d", {"a.parquet": parquet(table)})
    found = dspreview("check", data, "--json").json["findings"]
    assert {one["column"] for one in found if one["code"] == "secret"} == {"category", "view", "map.value", "deep.x"}
    assert dspreview("export", data, "--to", tmp_path / "o.jsonl", "--redact").code == 0
    written = json.loads((tmp_path / "o.jsonl").read_text())
    assert written == {
        "category": "[github-token]",
        "view": "[github-token]",
        "map": {"k": "[github-token]"},
        "deep": [{"x": ["[github-token]"]}],
    }


def test_a_report_shows_no_key(tmp_path: Any, dspreview: Any) -> None:
    token = made("github-token", random.Random(5))
    data = write(tmp_path / "d", {"a.jsonl": json.dumps({"text": f"a {token} b", "t": [token]}) + "\n"})
    dspreview("check", data, "--report", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert token not in page
    assert "[github-token]" in page
