"""Whether an agent reads, and how it is answered: no table, no hints, each thing said once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from dspreview.documents.plain import harmless
from dspreview.models import Json, dump

ANY = "*"
OWN: dict[str, str] = dict.fromkeys(
    (
        "AI_AGENT", "ANTIGRAVITY_AGENT", "AUGMENT_AGENT", "CLINE_ACTIVE", "CLAUDECODE", "CLAUDE_CODE", "CODEX_SANDBOX", "CODEX_CI", "CODEX_THREAD_ID",
        "CURSOR_AGENT", "GEMINI_CLI", "GOOSE_TERMINAL", "HERMES_SESSION_ID", "OPENCLAW_SHELL", "OPENCODE_CLIENT", "PI_CODING_AGENT",
    ),
    ANY,
)  # fmt: skip
"""Variables that agents set for the commands they run, and their values; not those that an editor sets for people, too."""
KEPT_BY_HF = ".agent_harnesses.json"
TOKENS = 2_000
"""What an answer for an agent may take where it can be made to fit."""
TOKEN = 4
"""Bytes that count as a token of a language model."""


def agent_reads(environ: Mapping[str, str]) -> bool:
    """Whether the environment says that an agent reads. Nothing is fetched: of what `hf` keeps, only what is there counts."""
    known = OWN | kept_by_hf(environ)
    return any(environ.get(name) and value in {ANY, environ[name]} for name, value in known.items())


def kept_by_hf(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables in the list that `hf` keeps, of huggingface_hub 2.4; none where it is not there or says something else."""
    home = environ.get("HF_HOME") or os.path.join(
        environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "huggingface"
    )
    try:
        with open(os.path.join(home, KEPT_BY_HF), encoding="utf-8") as file:
            told: Any = json.load(file)
        found = dict.fromkeys((str(name) for name in told.get("standardEnvVars", ())), ANY)
        for one in told.get("harnesses", {}).values():
            found |= {str(name): str(value) for name, value in one.get("envVars", {}).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
    return found


def lines_of(header: list[str], rows: Iterable[list[Json]]) -> str:
    """Rows for an agent: a line each, tabs between the cells, nested ones as JSON, nothing cut."""
    lines = ["\t".join(map(harmless, header))]
    lines += ["\t".join(map(cell, row)) for row in rows]
    return "\n".join(lines) + "\n"


def cell(value: Json) -> str:
    """A cell in a line; a text that could be taken for something else is quoted as JSON."""
    if isinstance(value, str):
        return dump(value) if is_ambiguous(value) else value
    return "null" if value is None else dump(value)


def is_ambiguous(text: str) -> bool:
    """Whether a text would not be seen as it is: empty, null, or with what ends a cell or hides."""
    return not text or text == "null" or text.startswith('"') or text != text.strip() or not text.isprintable()
