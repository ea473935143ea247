"""What a dataset says of itself: `dataset_infos.json` of earlier versions of `datasets`, choices of columns, archives with a password."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dspreview import errors
from dspreview.settings import Settings
from tests.extract.test_readers import CSV, ROWS, zipped
from tests.support.data import parquet, write
from tests.support.extraction import extract, listing_of

Make = Callable[..., Settings]
LABELS = {"a": {"names": ["zero", "one", "two"], "_type": "ClassLabel"}, "b": {"dtype": "string", "_type": "Value"}}
SIZES = {"train": {"name": "train", "num_bytes": 77, "num_examples": 2}}


def infos(**configs: Any) -> str:
    """A `dataset_infos.json`."""
    return json.dumps({name: {"features": features, "splits": SIZES} for name, features in configs.items()})


@pytest.mark.parametrize("data", [{"train.csv": CSV}, {"train.parquet": parquet({"a": [1, 2], "b": ["x", "é, y"]})}])
def test_older_infos_declare_features_and_sizes(data: dict[str, Any], tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", data | {"dataset_infos.json": infos(someone__something=LABELS)})
    (config,) = listing_of(tmp_path / "d", settings()).configs
    assert (config.config, config.splits[0].num_bytes, config.splits[0].num_examples) == ("default", 77, 2)
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.rows == ROWS
    assert found.types == {"a": "CLASS_LABEL", "b": "STRING"}


def test_the_readme_counts_more_than_older_infos(tmp_path: Path, settings: Make) -> None:
    readme = "---\ndataset_info:\n  features:\n  - {name: a, dtype: int8}\n  - {name: b, dtype: string}\n---\n"
    write(tmp_path / "d", {"train.csv": CSV, "README.md": readme, "dataset_infos.json": infos(default=LABELS)})
    assert extract(tmp_path / "d", settings(), tmp_path / "s").features["a"]["dtype"] == "int8"


def test_older_infos_of_several_configs_go_by_their_names(tmp_path: Path, settings: Make) -> None:
    readme = (
        "---\nconfigs:\n- {config_name: one, data_files: one.csv}\n- {config_name: two, data_files: two.csv}\n---\n"
    )
    files = {"one.csv": CSV, "two.csv": CSV, "README.md": readme, "dataset_infos.json": infos(two=LABELS, three=LABELS)}
    write(tmp_path / "d", files)
    assert extract(tmp_path / "d", settings(), tmp_path / "s1", "one").types["a"] == "INT"
    assert extract(tmp_path / "d", settings(), tmp_path / "s2", "two").types["a"] == "CLASS_LABEL"


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"default": 5}', '{"default": {"features": {"a": {"_type": "Nothing"}}}}', "\xff"]
)
def test_older_infos_that_cannot_be_used_hide_no_row(text: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"train.csv": CSV, "dataset_infos.json": text.encode("latin-1")})
    assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == ROWS


def test_types_that_the_data_has_not_are_told_with_the_file_that_declares_them(tmp_path: Path, settings: Make) -> None:
    declared = {"a": {"dtype": "int64", "_type": "Value"}}
    write(tmp_path / "d", {"train.jsonl": '{"a": "x"}\n', "dataset_infos.json": infos(default=declared)})
    with pytest.raises(
        errors.DeclaredTypesError, match=r"train\.jsonl does not have the types that dataset_infos\.json declares"
    ):
        extract(tmp_path / "d", settings(), tmp_path / "s")


CHOICE = "---\nconfigs:\n- config_name: default\n  data_files: train.parquet\n  columns: [{}]\n---\n"


def test_a_readme_chooses_columns_of_parquet(tmp_path: Path, settings: Make) -> None:
    table = parquet({"a": [1], "b": [2], "c": [3]})
    write(tmp_path / "d", {"train.parquet": table, "README.md": CHOICE.format("c, a")})
    assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == [{"c": 3, "a": 1}]


def test_a_choice_of_columns_that_are_absent_names_them(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"train.parquet": parquet({"a": [1], "b": [2]}), "README.md": CHOICE.format("a, z")})
    with pytest.raises(
        errors.CardError, match=r"`columns` in its README names z, which its data does not have \(a, b\)"
    ):
        extract(tmp_path / "d", settings(), tmp_path / "s")


def test_an_archive_with_a_password_is_told_as_such(tmp_path: Path, settings: Make) -> None:
    data = bytearray(zipped("train.csv", CSV))
    data[6] |= 1  # the flags of a member, in its own header and in the list at the end (APPNOTE.TXT 4.3.7 and 4.3.12)
    data[data.index(b"PK\x01\x02") + 8] |= 1
    write(tmp_path / "d", {"train.zip": bytes(data)})
    with pytest.raises(errors.DatasetError, match="the archive needs a password"):
        extract(tmp_path / "d", settings(), tmp_path / "s")
