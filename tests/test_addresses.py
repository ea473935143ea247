"""Addresses as people paste them."""

from __future__ import annotations

import pytest

from dspreview import addresses, local
from dspreview.addresses import Address, parse
from dspreview.errors import UsageError
from dspreview.extract.hub.objects import PACKAGES
from dspreview.local import identify
from dspreview.models import Kind

PAGE = "https://huggingface.co/datasets"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("glue", Address("glue")),
        ("./a:b", Address("./a:b")),
        ("./a://b", Address("./a://b")),
        ("hf://datasets/nyu-mll/glue", Address("nyu-mll/glue")),
        ("hf://datasets/nyu-mll/glue@refs%2Fpr%2F1", Address("nyu-mll/glue@refs/pr/1")),
        (f"{PAGE}/nyu-mll/glue", Address("nyu-mll/glue")),
        (f"{PAGE}/nyu-mll/glue/", Address("nyu-mll/glue")),
        (f"{PAGE}/squad", Address("squad")),
        (f"{PAGE}/squad/viewer", Address("squad")),
        (f"{PAGE}/nyu-mll/glue/viewer/ax/test?row=5", Address("nyu-mll/glue", "ax", "test")),
        (f"{PAGE}/nyu-mll/glue/viewer/ax", Address("nyu-mll/glue", "ax")),
        (f"{PAGE}/nyu-mll/glue/blob/main/ax/test.parquet", Address("nyu-mll/glue")),
        (f"{PAGE}/nyu-mll/glue/tree/abc123", Address("nyu-mll/glue@abc123")),
        ("file:///tmp/a%20b", Address("/tmp/a b")),
    ],
)
def test_what_an_address_means(text: str, found: Address) -> None:
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hf://models/a/b", "names no dataset"),
        ("hf://datasets/a/b/c.csv", "preview the dataset: a/b"),
        (f"{PAGE.removesuffix('datasets')}a/model", "no page of a dataset"),
        ("https://example.org/a", "names no file of data: https://example.org/FILE.csv"),
        ("https://a:b@example.org/a.csv", "with a password in it"),
        ("s3://bucket/data/*.csv", "patterns are for files on this machine"),
        ("ftp://example.org/a.csv", "ftp:// is not read"),
        ("file://a", "path from the root"),
    ],
)
def test_other_addresses_are_refused_with_the_way_out(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse(text)


def test_a_dataset_is_the_same_by_its_address() -> None:
    assert identify(f"{PAGE}/a/b/tree/x")[1:] == (Kind.HUB, "a/b", "x")
    assert identify("file:///")[1:3] == (Kind.LOCAL, "/")


def test_schemes_of_stores_are_those_that_are_read() -> None:
    assert (
        {f"{scheme}://" for scheme in addresses.STORES} == set(local.STORES) == {f"{scheme}://" for scheme in PACKAGES}
    )
