"""The JSON Schema of each document. Keys are never taken away within a version; new ones may come, so unknown keys are allowed."""

from __future__ import annotations

from dspreview.models import Json

VERSION = 1
"""Raised when a key is taken away, or means something else."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer", "minimum": 0}
TRUTH: Json = {"type": "boolean"}
ANYTHING: Json = {}
NAMED: Json = {"type": "object"}


def maybe(schema: Json) -> Json:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Json) -> Json:
    """A list of these."""
    return {"type": "array", "items": schema}


def one_of(*values: str) -> Json:
    """One of these texts."""
    return {"enum": list(values)}


def mapped(schema: Json) -> Json:
    """An object whose keys are names of the data."""
    return {"type": "object", "additionalProperties": schema}


def holding(keys: dict[str, Json], **optional: Json) -> Json:
    """An object with these keys; those that are named may be left out."""
    return {"type": "object", "properties": keys | optional, "required": list(keys)}


MAYBE_TEXT, MAYBE_WHOLE = maybe(TEXT), maybe(WHOLE)
PLACE = {"config": TEXT, "split": TEXT}
WHOSE = {"dataset": TEXT, **PLACE}
STATUS = one_of("EMPTY", "ERROR", "STALLED", "VALID")
COUNTS = holding(dict.fromkeys(("empty", "error", "stalled", "valid"), WHOLE))
JOBS = holding(dict.fromkeys(("waiting", "started", "success", "error", "cancelled"), WHOLE))
FAILURE = holding(
    {
        "status_code": WHOLE, "exception": TEXT, "message": TEXT, "cause_exception": MAYBE_TEXT,
        "cause_message": MAYBE_TEXT, "cause_traceback": maybe(listed(TEXT)),
    }
)  # fmt: skip
FEATURE = holding({"feature_idx": WHOLE, "name": TEXT, "type": ANYTHING})
COLUMN = holding({"name": TEXT, "type": TEXT}, labels=listed(TEXT), unit=TEXT, tz=MAYBE_TEXT)
NOTE = {"row_idx": WHOLE, "column": TEXT, "path": listed(ANYTHING)}
PAGE = holding(
    {
        "features": listed(FEATURE),
        "columns": listed(holding({**WHOSE, "column_idx": WHOLE, "column": COLUMN})),
        "rows": listed(holding({**WHOSE, "row_idx": WHOLE, "row": NAMED, "truncated_cells": listed(TEXT)})),
        "num_rows_total": MAYBE_WHOLE, "num_rows_per_page": WHOLE, "partial": TRUTH, "revision": TEXT,
    },
    omitted_columns=WHOLE, cell_errors=listed(holding({**NOTE, "message": TEXT})),
    special_cells=listed(holding({**NOTE, "value": TEXT})), stalled=TRUTH, seed=WHOLE, choices=NAMED,
)  # fmt: skip
FINDING = holding(
    {
        "code": TEXT, "severity": one_of("error", "warning", "info"), "message": TEXT, "remedy": TEXT,
        "config": MAYBE_TEXT, "split": MAYBE_TEXT, "file": MAYBE_TEXT, "line": MAYBE_WHOLE, "row": MAYBE_WHOLE, "column": MAYBE_TEXT,
    },
    rows=listed(WHOLE),
)  # fmt: skip
CHANGE = {"column": TEXT, "a": ANYTHING, "b": ANYTHING}
NAMES = {"added": listed(TEXT), "removed": listed(TEXT)}
STATISTICS = holding({"column_name": TEXT, "column_type": TEXT, "column_statistics": NAMED})
JOB = holding(
    {"dataset_name": TEXT, "status": TEXT, "created_at": TEXT, "started_at": MAYBE_TEXT, "finished_at": MAYBE_TEXT},
    config_name=TEXT, split_name=TEXT,
)  # fmt: skip
JOB_LISTS = mapped(listed(JOB))
ITEM = holding({"dataset": TEXT, "status": STATUS, "error": maybe(FAILURE)}, config=TEXT, split=TEXT, revision=TEXT)
ITEM_LISTS = holding({name: listed(ITEM) for name in ("empty", "error", "stalled", "valid")})

SCHEMAS: dict[str, tuple[str, Json]] = {
    "rows": ("Rows of a split: rows, filter, search", PAGE),
    "filter": ("Rows of a split: rows, filter, search", PAGE),
    "search": ("Rows of a split: rows, filter, search", PAGE),
    "splits": (
        "Configs and splits",
        holding(
            {"splits": listed(holding({**WHOSE, "num_bytes": MAYBE_WHOLE, "num_examples": MAYBE_WHOLE}))},
            errors=listed(holding({"dataset": TEXT, "config": TEXT, "error": FAILURE})),
        ),
    ),
    "describe": (
        "A dataset on one screen",
        holding(
            {
                "dataset": TEXT, "revision": TEXT, "taken_for": MAYBE_TEXT, "card": NAMED,
                "splits": listed(holding({**PLACE, "num_rows": MAYBE_WHOLE, "num_bytes": MAYBE_WHOLE})), **PLACE, "num_rows": MAYBE_WHOLE,
                "columns": listed(
                    holding({"name": TEXT, "type": ANYTHING, "missing": MAYBE_WHOLE, "distinct": MAYBE_WHOLE, "min": ANYTHING, "max": ANYTHING, "example": ANYTHING})
                ),
            },
            columns_left_out=WHOLE, splits_left_out=WHOLE, about=listed(NAMED),
        ),
    ),
    "stats": (
        "Statistics of columns",
        holding(
            {
                **WHOSE, "num_examples": WHOLE, "statistics": listed(STATISTICS), "partial": TRUTH,
                "columns_without_statistics": listed(holding({"column_name": TEXT, "type": TEXT}, error=TEXT)), "revision": TEXT,
            },
            choices=NAMED,
        ),
    ),
    "sql": (
        "Rows of a SELECT",
        holding({
            "features": listed(FEATURE), "columns": listed(holding({"column_idx": WHOLE, "column": COLUMN})),
            "rows": listed(holding({"row": NAMED})), "num_rows": WHOLE, "partial": TRUTH,
        }),
    ),
    "export": (
        "What was written",
        holding({"file": TEXT, "num_rows": WHOLE, "num_bytes": WHOLE, "partial": TRUTH, "redacted": WHOLE, "shards": MAYBE_WHOLE}),
    ),
    "is-valid": ("Whether a dataset gives rows", holding({"valid": TRUTH})),
    "check": (
        "What is not in order",
        holding({
            "dataset": TEXT, "revision": MAYBE_TEXT, "findings": listed(FINDING),
            "summary": holding({"error": WHOLE, "warning": WHOLE, "info": WHOLE}), "splits_checked": WHOLE, "rows_read": WHOLE,
        }),
    ),
    "diff": (
        "How two datasets differ",
        holding({
            "a": TEXT, "b": TEXT, "differ": TRUTH, "verdict": one_of("none", "additive", "breaking"), "reasons": listed(TEXT),
            "configs": holding(NAMES),
            "splits": holding({**{name: listed(holding(PLACE)) for name in ("added", "removed", "changed")}}),
            "renamed": listed(NAMED), "features": listed(holding({**PLACE, **CHANGE})), "rows": mapped(NAMED),
            "statistics": listed(holding({**PLACE, **CHANGE})),
        }),
    ),
    "refresh": (
        "What was recomputed",
        holding({"status": one_of("ok", "error")}, splits=listed(holding({**WHOSE, "status": STATUS, "error": maybe(FAILURE)}))),
    ),
    "cache-stats": (
        "What the cache holds",
        holding({
            "datasets": COUNTS, "splits": COUNTS, "created_at": TEXT, "database_bytes": WHOLE, "asset_bytes": WHOLE, "derived_bytes": WHOLE,
            "derived": listed(holding({"kind": TEXT, "dataset": TEXT, "revision": TEXT, **PLACE, "detail": TEXT, "bytes": WHOLE, "used_at": ANYTHING})),
        }),
    ),
    "cache-report": ("Each dataset and split in the cache", holding({"datasets": ITEM_LISTS, "splits": ITEM_LISTS, "created_at": TEXT})),
    "cache-valid": ("Datasets that give rows", holding({"valid": listed(TEXT), "created_at": TEXT})),
    "cache-verify": ("Whether the cache is intact", holding({"findings": listed(holding({"code": TEXT, "message": TEXT})), "repaired": TRUTH})),
    "queue-stats": ("How many jobs there are", holding({"datasets": JOBS, "splits": JOBS, "created_at": TEXT})),
    "queue-list": ("The jobs", holding({"datasets": JOB_LISTS, "splits": JOB_LISTS, "created_at": TEXT})),
    "queue-work": ("What became of the jobs", holding({"done": WHOLE, "failed": WHOLE})),
    "warm": (
        "What was filled in",
        holding({
            "enqueued": WHOLE, "done": WHOLE, "failed": WHOLE, "left": WHOLE,
            "failures": listed(holding({"dataset": TEXT, "config": MAYBE_TEXT, "split": MAYBE_TEXT, "error": ANYTHING})),
        }),
    ),
    "settings": (
        "The settings",
        holding({"settings": listed(holding({"name": TEXT, "value": ANYTHING, "source": TEXT, "meaning": TEXT})), "ignored": listed(NAMED)}),
    ),
    "doctor": ("Whether everything needed is in order", holding({"checks": listed(holding({"check": TEXT, "state": TEXT, "detail": TEXT}))})),
    "failure": ("A failure of any command", FAILURE),
}  # fmt: skip
"""Titles and schemas by the names of the commands."""


def schema_of(name: str) -> Json:
    """The schema of a document, with its version."""
    title, schema = SCHEMAS[name]
    return {"$schema": DIALECT, "$id": f"urn:dspreview:schema:{name}:{VERSION}", "title": title, **schema}
