"""Each document is of its schema, and has no key that its schema does not name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dspreview.documents.schemas import SCHEMAS, VERSION, schema_of
from tests.support.data import parquet, picture, write
from tests.support.program import Program


def strict(schema: Any) -> Any:
    """A schema that allows no other keys than those that it names."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(one) for name, one in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict) and schema.get("type") == "object":
        found["additionalProperties"] = False
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A dataset with a bit of everything: a broken cell, an infinite number, a config that fails."""
    return write(
        tmp_path / "d",
        {
            "good/train.parquet": parquet({"n": [1.5, float("inf")], "t": ["x", None], "l": [[1], []]}),
            "good/test.parquet": parquet({"n": [2.5], "t": ["y"], "l": [[2]]}),
            "pictures/train/a/1.png": picture(), "pictures/train/b/2.png": b"no picture",
            "bad/x.parquet": b"PAR1",
            "README.md": "---\nconfigs:\n- {config_name: good, data_dir: good, default: true}\n- {config_name: pictures, data_dir: pictures}\n"
            "- {config_name: bad, data_files: bad/x.parquet}\n- {config_name: none, data_files: none.csv}\n---\n",
        },
    )  # fmt: skip


def test_documents_are_of_their_schemas(data: Path, tmp_path: Path, dspreview: Program) -> None:
    other = write(tmp_path / "other", {"train.csv": "n,t\n1,x\n"})
    calls: list[tuple[str, list[Any]]] = [
        ("rows", ["rows", data, "good", "train"]),
        ("rows", ["rows", data, "pictures", "train"]),
        ("rows", ["rows", data, "good", "train[1:]+test"]),
        ("rows", ["rows", data, "good", "train", "--sample", "1"]),
        ("rows", ["rows", data]),
        ("filter", ["filter", data, "good", "train", "--where", "n > 1"]),
        ("search", ["search", data, "good", "train", "x"]),
        ("splits", ["splits", data]),
        ("describe", ["describe", data]),
        ("stats", ["stats", data, "good", "train"]),
        ("stats", ["stats", data, "good", "train", "--column", "l[0]"]),
        ("sql", ["sql", data, "select count(*) as c, list(t) as l from train"]),
        ("export", ["export", data, "good", "train", "--to", tmp_path / "out.csv"]),
        ("export", ["export", data, "good", "train", "--to", tmp_path / "out.parquet", "--shards", "2"]),
        ("is-valid", ["is-valid", data]),
        ("check", ["check", data, "--all-rows"]),
        ("check", ["check", tmp_path]),
        ("diff", ["diff", data / "good", other]),
        ("diff", ["diff", other, other]),
        ("refresh", ["refresh", other]),
        ("cache-stats", ["cache", "stats"]),
        ("cache-report", ["cache", "report"]),
        ("cache-valid", ["cache", "valid"]),
        ("cache-verify", ["cache", "verify"]),
        ("queue-stats", ["queue", "stats"]),
        ("queue-list", ["queue", "list"]),
        ("queue-work", ["queue", "work", "--until-empty"]),
        ("warm", ["warm", "--from", write(tmp_path / "lists", {"l.txt": f"{data}\n{tmp_path}/nothing\n"}) / "l.txt"]),
        ("settings", ["settings"]),
        ("doctor", ["doctor"]),
        ("failure", ["rows", tmp_path / "nothing"]),
        ("failure", ["rows", data, "bad", "train"]),
    ]
    assert {name for name, _ in calls} == set(SCHEMAS)
    for name, words in calls:
        ran = dspreview(*words, "--json")
        document = json.loads(ran.out)
        errors = [
            f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in Draft202012Validator(strict(schema_of(name))).iter_errors(document)
        ]
        assert errors == [], words


def test_schemas_are_schemas_and_say_their_version() -> None:
    for name in SCHEMAS:
        schema = schema_of(name)
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"urn:dspreview:schema:{name}:{VERSION}"


def test_a_schema_refuses_what_is_none() -> None:
    validator = Draft202012Validator(schema_of("is-valid"))
    assert validator.is_valid({"valid": True, "later": 1})
    assert not validator.is_valid({"valid": "yes"})
    assert not validator.is_valid({})


def test_the_command_prints_them(dspreview: Program) -> None:
    listed = dspreview("schema", "--json").json
    assert [one["name"] for one in listed["schemas"]] == list(SCHEMAS)
    assert (
        json.loads(dspreview("schema", "rows").out) == dspreview("schema", "rows", "--json").json == schema_of("rows")
    )
    wrong = dspreview("schema", "row")
    assert (wrong.code, wrong.out) == (2, "")
    assert "no schema 'row'; did you mean 'rows'?; `dspreview schema` lists them" in wrong.err
