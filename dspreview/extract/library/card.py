"""The description in a README: configs and their files, features and sizes. One bad config never hides the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from datasets import DatasetInfo
from datasets.info import DatasetInfosDict
from datasets.utils.metadata import MetadataConfigs

from dspreview.errors import CardError
from dspreview.extract.layout.readme import OLDER_INFOS
from dspreview.extract.layout.split_files import SPLIT
from dspreview.models import Json


@dataclass(frozen=True, slots=True)
class CardConfig:
    """What a README says of one config."""

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    """`data_files`, `data_dir`, and the options of its reader."""
    info: DatasetInfo | None = None
    error: CardError | None = None
    told_in: str = "README.md"
    """Which file has its features."""


@dataclass(frozen=True, slots=True)
class Card:
    """The configs of a README, in its order."""

    configs: tuple[CardConfig, ...]
    default_config: str | None


def read_card(data: dict[str, Json], dataset: str, older: dict[str, DatasetInfo] | None = None) -> Card:
    """The configs that the YAML of a README declares; one called `default` where it declares none.

    Args:
        older: what `dataset_infos.json` says; the README counts more.

    """
    infos = (older or {}) | read_infos(data.get("dataset_info"))
    declared = data.get("configs")
    if not isinstance(declared, list) or not declared:
        name, info = next(iter(infos.items())) if len(infos) == 1 else ("default", infos.get("default"))
        name = str(name or "default")  # YAML has numbers and nothing, too
        return Card((CardConfig(name, info=info, told_in=told_in(info, older)),), name)
    found = [read_config(item, infos, dataset) for item in declared]
    found = [replace(config, told_in=told_in(config.info, older)) for config in found]
    configs = tuple(
        {config.name: config for config in found}.values()
    )  # of one name, the last counts, as for `datasets`
    marked = [config.name for config in configs if config.params.get("default") or config.name == "default"]
    return Card(configs, configs[0].name if len(configs) == 1 else marked[0] if marked else None)


def told_in(info: DatasetInfo | None, older: dict[str, DatasetInfo] | None) -> str:
    """Which file has the features of a config."""
    return OLDER_INFOS if any(one is info for one in (older or {}).values()) else "README.md"


def read_config(item: Json, infos: dict[str, DatasetInfo], dataset: str) -> CardConfig:
    """One config; its `error` says what is wrong with it."""
    name = str(item["config_name"]) if isinstance(item, dict) and "config_name" in item else "default"
    try:
        if not isinstance(item, dict):
            raise CardError(f"{dataset}: `configs` in its README holds {item!r}, which is no mapping")
        for split in splits_of(item.get("data_files")):
            if not isinstance(split, str) or not SPLIT.match(split):
                raise CardError(
                    f"{dataset}: the split {split!r} of config {name!r} in its README may hold letters, digits, underscores"
                    " and dots only, and must be text; rename it"
                    + (", or put it in quotes" if not isinstance(split, str) else "")
                )
        params = MetadataConfigs.from_dataset_card_data({"configs": [item]})
    except (ValueError, TypeError, KeyError, AttributeError, CardError) as error:
        if isinstance(error, CardError):
            return CardConfig(name, error=error)
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if reason.startswith("Expected data_files in YAML"):
            reason = f"its data_files must be a pattern, a list of patterns, or a list of split and path, all of them text: {str(item.get('data_files'))[:80]!r}"
        return CardConfig(name, error=CardError(f"{dataset}: config {name!r} in its README cannot be used: {reason}"))
    return CardConfig(name, dict(params[item["config_name"]]), infos.get(name))


def older_infos(text: bytes) -> dict[str, DatasetInfo]:
    """Features and sizes by config as `dataset_infos.json` has them, which earlier versions of `datasets` wrote.

    Raises ValueError, TypeError, KeyError, AttributeError, RecursionError.
    """
    infos = {str(name): DatasetInfo.from_dict(info) for name, info in json.loads(text).items()}
    return {"default": next(iter(infos.values()))} if len(infos) == 1 else infos


def splits_of(data_files: Json) -> list[Json]:
    """The names of splits in `data_files`."""
    items = data_files if isinstance(data_files, list) else []
    return [item["split"] for item in items if isinstance(item, dict) and "split" in item]


def read_infos(declared: Json) -> dict[str, DatasetInfo]:
    """Features and sizes by config; a description that cannot be read counts as none."""
    items = declared if isinstance(declared, list) else [declared] if isinstance(declared, dict) else []
    infos: dict[str, DatasetInfo] = {}
    for item in items:
        try:
            infos |= DatasetInfosDict.from_dataset_card_data({"dataset_info": item})
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return infos
