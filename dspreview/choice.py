"""Which config and split are meant where some are left out, and what to suggest where there is no such thing."""

from __future__ import annotations

from typing import NamedTuple

from dspreview.errors import (
    ConfigNotFoundError,
    DatasetError,
    PreviewError,
    SplitNotFoundError,
    restore,
)
from dspreview.models import ConfigListing, Json, Listing, SplitId
from dspreview.slices import is_slice, parse
from dspreview.suggestions import did_you_mean

NAMES_SHOWN = 12
USUAL_SPLIT = "train"


class Choice(NamedTuple):
    """The config and split that are meant, and what else there was where a name was left out."""

    config: str
    split: str
    configs: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()

    @property
    def names(self) -> SplitId:
        """Config and split."""
        return SplitId(self.config, self.split)

    @property
    def document(self) -> dict[str, Json]:
        """The choices as JSON; empty where there were none."""
        found = {word: list(names) for word, names in (("configs", self.configs), ("splits", self.splits)) if names}
        return {"choices": found} if found else {}

    def words(self, asked: str) -> str:
        """What was taken, and what there is; empty where there was no choice."""
        told = [
            f"{count(list(names), noun)}: {several(list(names))}"
            for names, noun in ((self.configs, "config"), (self.splits, "split"))
            if names
        ]
        return f"{asked}: this is {self.config}/{self.split}; there are {'; '.join(told)}" if told else ""


def choose_config(listing: Listing, config: str | None, asked: str) -> ConfigListing:
    """The config that is meant: where none is named the default, else the first that can be listed.

    Raises ConfigNotFoundError, or the error that the config has.
    """
    names = [one.config for one in listing.configs]
    if config is None:
        usual = listing.default_config or ("default" if "default" in names else None)
        listed = [one.config for one in listing.configs if not one.error]
        config = usual or (listed or names)[0]
    for one in listing.configs:
        if one.config == config:
            if one.error:
                raise restore(one.error)
            return one
    splits = [split.split for split in listing.configs[0].splits] if len(names) == 1 else []
    hint = did_you_mean(config, names) or did_you_mean(config, splits, ";")
    raise ConfigNotFoundError(f"{asked}: no config {config!r}{hint} {count(names, 'config')}: {several(names)}")


def choose_split(config: ConfigListing, split: str | None, asked: str) -> str:
    """The split that is meant: where none is named `train`, else the first.

    Raises SplitNotFoundError, DatasetError where there is none.
    """
    names = [one.split for one in config.splits]
    where = f"{asked} {config.config}"
    if not names:
        raise DatasetError(f"{where} has no splits")
    if split is None:
        return USUAL_SPLIT if USUAL_SPLIT in names else names[0]
    for name in [one.split for one in parse(split)] if is_slice(split) else [split]:
        if name not in names:
            raise SplitNotFoundError(
                f"{where}: no split {name!r}{did_you_mean(name, names, ';')} {count(names, 'split')}: {several(names)}"
            )
    return split


def choose(listing: Listing, config: str | None, split: str | None, asked: str) -> Choice:
    """Config and split. A word that is no config but a split of the usual one is taken for the split."""
    names = [one.config for one in listing.configs]
    open_config = config is None
    try:
        chosen = choose_config(listing, config, asked)
    except ConfigNotFoundError as error:
        if split is not None:
            raise
        try:
            usual = choose_config(listing, None, asked)
        except PreviewError:
            raise error from None
        if not is_slice(str(config)) and config not in [one.split for one in usual.splits]:
            raise
        chosen, split, open_config = usual, config, True
    found = choose_split(chosen, split, asked)
    return Choice(
        chosen.config,
        found,
        tuple(names) if open_config and len(names) > 1 else (),
        tuple(one.split for one in chosen.splits) if split is None and len(chosen.splits) > 1 else (),
    )


def several(names: list[str]) -> str:
    """The names, or the first of them."""
    more = f", and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def count(names: list[str], noun: str) -> str:
    """`1 config`, `12 configs`."""
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
