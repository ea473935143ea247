"""What `--help` tells of options: a command's own first, then those of all commands in sections, and none that it has no use for."""

from __future__ import annotations

import re

import pytest

from dspreview.cli.help import MEANS_NOTHING, SECTIONS
from tests.support.program import Program


def sections(text: str) -> dict[str, set[str]]:
    """The long options below each title."""
    parts = re.split(r"^(\w[\w ]+):$", text, flags=re.MULTILINE)
    return {title: set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", body, re.MULTILINE)) for title, body in zip(parts[1::2], parts[2::2], strict=True)}  # fmt: skip


def test_a_commands_own_options_come_first(dspreview: Program) -> None:
    found = sections(dspreview("rows", "--help").out)
    assert [*found] == ["Arguments", "Options", "Output", "Cache and network"]
    assert found["Options"] >= {"--offset", "--length", "--columns", "--row", "--sample"}
    assert found["Output"] >= {"--format", "--json", "--quiet", "--help"}
    assert found["Cache and network"] == {"--cached", "--offline", "--revision", "--database", "--assets-directory", "--trust-database", "--no-folder-settings"}  # fmt: skip


def test_options_of_tables_and_of_data_are_told_where_they_mean_something(dspreview: Program) -> None:
    told = {name: set().union(*sections(dspreview(*name.split(), "--help").out).values()) for name in ("skill", "queue list", "queue add", "splits")}  # fmt: skip
    assert told["skill"].isdisjoint({"--format", "--json", "--offline", "--revision"})
    assert told["queue list"].isdisjoint({"--cached", "--offline", "--revision"})
    assert told["queue add"] >= {"--offline", "--revision"}
    assert told["splits"] >= {"--cached", "--offline", "--revision", "--format"}


@pytest.mark.parametrize("name", ["cache stats", "settings", "queue list"])
def test_what_is_not_told_is_taken_all_the_same(name: str, dspreview: Program) -> None:
    assert dspreview(*name.split(), "--offline", "--cached", "--json").code == 0


def test_each_option_that_is_not_told_is_one_of_all_commands() -> None:
    assert {name for names in MEANS_NOTHING.values() for name in names} <= {name for names in SECTIONS.values() for name in names}  # fmt: skip
