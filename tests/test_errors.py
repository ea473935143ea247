"""Failures: codes, the order of the worst, and the six keys."""

from __future__ import annotations

import pytest

from dspreview import errors
from dspreview.errors import PreviewError

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, PreviewError) and value is not PreviewError
]
STATUS = {2: {422}, 3: {404}, 4: {401, 403}, 5: {503}, 6: {400}, 7: {507}, 8: {501}}


@pytest.mark.parametrize("kind", CLASSES)
def test_exit_code_and_status_code_belong_together(kind: type[PreviewError]) -> None:
    assert kind.status_code in STATUS[kind.exit_code]


@pytest.mark.parametrize("kind", CLASSES)
def test_only_facts_about_the_data_are_cacheable(kind: type[PreviewError]) -> None:
    if kind.cacheable:
        assert kind.exit_code == 6


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 1], 1),
        ([1, 3], 3),
        ([3, 6], 6),
        ([6, 8], 8),
        ([8, 4], 4),
        ([6, 4], 4),
        ([4, 5], 5),
        ([5, 2], 2),
        ([2, 7], 7),
        ([7, 70], 70),
        ([70, 130], 130),
    ],
)
def test_the_worst_of_many(codes: list[int], worst: int) -> None:
    assert errors.worst_exit(codes) == worst


def failing() -> errors.UnreadableDataError:
    """A failure with a cause."""
    try:
        try:
            raise OSError("disk on fire")
        except OSError as cause:
            raise errors.UnreadableDataError("a.parquet cannot be read") from cause
    except errors.UnreadableDataError as error:
        return error


def test_the_six_keys_survive_the_store() -> None:
    told = errors.describe(failing())
    assert list(told) == ["status_code", "exception", "message", "cause_exception", "cause_message", "cause_traceback"]
    assert (told["status_code"], told["exception"], told["message"]) == (
        400,
        "UnreadableDataError",
        "a.parquet cannot be read",
    )
    assert (told["cause_exception"], told["cause_message"]) == ("OSError", "disk on fire")
    assert told["cause_traceback"][-1] == "OSError: disk on fire\n"
    restored = errors.restore(told)
    assert type(restored) is errors.UnreadableDataError
    assert errors.describe(restored) == told


def test_without_a_cause_the_last_three_are_null() -> None:
    told = errors.describe(errors.SplitNotFoundError("no split"))
    assert [told[key] for key in ("cause_exception", "cause_message", "cause_traceback")] == [None, None, None]


def test_a_class_of_another_version_is_still_a_failure_of_the_data() -> None:
    restored = errors.restore({"exception": "NoSuchClass", "message": "x"})
    assert restored.exit_code == 6
