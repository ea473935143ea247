"""Which config and split are meant where some are left out, and what to suggest where there is no such thing."""

from __future__ import annotations

from dspreview.errors import (
    AmbiguousError,
    ConfigNotFoundError,
    DatasetError,
    PreviewError,
    SplitNotFoundError,
    restore,
)
from dspreview.models import ConfigListing, Listing
from dspreview.suggestions import did_you_mean

NAMES_SHOWN = 20


def choose_config(listing: Listing, config: str | None, asked: str) -> ConfigListing:
    """The config that is meant. Raises ConfigNotFoundError, AmbiguousError, or the error that the config has."""
    names = [one.config for one in listing.configs]
    if config is None:
        config = names[0] if len(names) == 1 else listing.default_config
        if config is None and "default" in names:
            config = "default"
        if config is None:
            raise AmbiguousError(f"{asked} has {len(names)} configs; name one: {several(names)}")
    for one in listing.configs:
        if one.config == config:
            if one.error:
                raise restore(one.error)
            return one
    splits = [split.split for split in listing.configs[0].splits] if len(names) == 1 else []
    hint = did_you_mean(config, names) or did_you_mean(config, splits, ";")
    raise ConfigNotFoundError(f"{asked}: no config {config!r}{hint} {count(names, 'config')}: {several(names)}")


def choose_split(config: ConfigListing, split: str | None, asked: str) -> str:
    """The split that is meant. Raises SplitNotFoundError, AmbiguousError, DatasetError where there is none."""
    names = [one.split for one in config.splits]
    where = f"{asked} {config.config}"
    if not names:
        raise DatasetError(f"{where} has no splits")
    if split is None:
        if len(names) > 1:
            raise AmbiguousError(f"{where} has {len(names)} splits; name one: {several(names)}")
        return names[0]
    if split not in names:
        raise SplitNotFoundError(
            f"{where}: no split {split!r}{did_you_mean(split, names, ';')} {count(names, 'split')}: {several(names)}"
        )
    return split


def choose(listing: Listing, config: str | None, split: str | None, asked: str) -> tuple[str, str]:
    """Config and split. A word that is no config but a split of the only choice is taken for the split."""
    try:
        chosen = choose_config(listing, config, asked)
    except ConfigNotFoundError as error:
        if split is not None:
            raise
        try:
            alone = choose_config(listing, None, asked)
        except PreviewError:
            raise error from None
        if config not in [one.split for one in alone.splits]:
            raise
        chosen, split = alone, config
    return chosen.config, choose_split(chosen, split, asked)


def several(names: list[str]) -> str:
    """The names, or the first of them."""
    more = f", and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def count(names: list[str], noun: str) -> str:
    """`1 config`, `12 configs`."""
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
