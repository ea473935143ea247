"""Text that was decoded with the wrong encoding, and text that was not."""

from __future__ import annotations

import pytest

from dspreview.check.texts import is_mojibake


@pytest.mark.parametrize(
    "text",
    [
        "Le « café\u00a0» du coin",
        "LE CAFÉ\u00a0: x",
        "“Quiero café…”",
        "„ja, da ä…“",
        "você…”",
        "naïve",
        "Ærøskøbing",
        "Où ça ?",
        "100 µm²",
        "Ångström",
    ],
)
def test_european_text_is_no_mojibake(text: str) -> None:
    assert not is_mojibake(text)


@pytest.mark.parametrize("text", ["café", "“quoted”", "Привет", "日本語のテキスト", "naïve – dash", "€ 5", "Ελληνικά"])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_text_that_was_decoded_wrongly_is_found(text: str, encoding: str) -> None:
    assert is_mojibake(text.encode().decode(encoding, "replace"))
