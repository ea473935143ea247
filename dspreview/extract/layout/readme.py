"""The YAML at the head of a folder's README."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from dspreview import errors, local
from dspreview.models import Json

ALONE = ".huggingface.yaml"
"""A file that holds the same without a text around it."""
OLDER_INFOS = "dataset_infos.json"
"""A file in which earlier versions of `datasets` told what `dataset_info` of a README tells now."""
MOST_NODES = 1_000_000


def local_card(folder: str, asked: str) -> dict[str, Json]:
    """The YAML at the head of a folder's README, and of its `.huggingface.yaml`. Raises CardError."""
    card: dict[str, Json] = {}
    readme = os.path.join(folder, "README.md")
    if os.path.isfile(readme):
        local.guard(readme, folder, asked)
        with open(readme, encoding="utf-8", errors="replace") as file:
            card |= parse_yaml(front_matter(file), readme)
    alone = os.path.join(folder, ALONE)
    if os.path.isfile(alone):
        local.guard(alone, folder, asked)
        with open(alone, encoding="utf-8", errors="replace") as file:
            card |= parse_yaml(file.read(), alone)
    return card


def front_matter(lines: Iterator[str]) -> str:
    """The text between the two `---` at the head of a README."""
    kept: list[str] = []
    if next(lines, "").strip("\ufeff \r\n") != "---":
        return ""
    for line in lines:
        if line.rstrip() == "---":
            return "".join(kept)
        kept.append(line)
    return ""


def parse_yaml(text: str, path: str) -> dict[str, Json]:
    """A YAML mapping. Raises CardError with the line."""
    import yaml  # 20 ms

    try:
        # libyaml is ten times as fast, and stops at 1,000 levels; wheels of PyYAML have it
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = yaml.load(text, Loader=loader) if text.strip() else {}  # noqa: S506 - both are safe loaders
        number = nodes(found, {})
    except yaml.MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise errors.CardError(f"{path}{where}: its YAML cannot be read: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise errors.CardError(f"{path}: its YAML cannot be read: {str(error).splitlines()[0]}") from error
    if number > MOST_NODES:
        raise errors.CardError(
            f"{path}: its YAML stands for more than {MOST_NODES:,} values, by aliases; write out what is meant"
        )
    return found if isinstance(found, dict) else {}


def nodes(value: Json, known: dict[int, int]) -> int:
    """How many values a value holds, where each alias counts as what it stands for. Raises RecursionError."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        known[id(value)] = MOST_NODES  # what holds itself has no end
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(nodes(part, known) for part in parts)
    return known[id(value)]


class PlainConfig(NamedTuple):
    """What a README says of a config, where it says nothing but this."""

    name: str
    patterns: dict[str, list[str]] | None = None
    """The files of each split; None where their names tell."""
    folder: str = ""
    features: Json = None
    """As the README spells them."""
    sizes: dict[str, tuple[int | None, int | None]] = {}  # noqa: RUF012 - never changed
    """`num_bytes` and `num_examples` of each split, as far as they are known."""
    default: bool = False


def plain_configs(card: dict[str, Json]) -> list[PlainConfig] | None:
    """The configs of a README, one called `default` where it names none; None where it says more than is understood here."""
    told = card.get("dataset_info")
    infos = {}
    for item in told if isinstance(told, list) else [] if told is None else [told]:
        info = plain_info(item)
        if info is None or info.name in infos:
            return None
        infos[info.name] = info
    declared = card.get("configs")
    if declared in (None, []):
        single = next(iter(infos.values())) if len(infos) == 1 else infos.get("default", PlainConfig("default"))
        return [single._replace(default=True)]
    if not isinstance(declared, list):
        return None
    found = [plain_config(item, infos) for item in declared]
    configs = [config for config in found if config is not None]
    return configs if len(configs) == len(found) == len({config.name for config in configs}) else None


def plain_info(item: Json) -> PlainConfig | None:
    """One `dataset_info`."""
    known = {"config_name", "features", "splits", "download_size", "dataset_size"}
    if not isinstance(item, dict) or set(item) - known or not isinstance(item.get("config_name", ""), str):
        return None
    sizes: dict[str, tuple[int | None, int | None]] = {}
    splits = [] if item.get("splits") is None else item["splits"]
    for split in splits if isinstance(splits, list) else [None]:
        if not isinstance(split, dict) or set(split) != {"name", "num_bytes", "num_examples"}:
            return None
        numbers = [split["num_bytes"], split["num_examples"]]
        new = isinstance(split["name"], str) and split["name"] not in sizes
        if [type(number) for number in numbers] != [int, int] or not new:
            return None
        sizes[split["name"]] = (numbers[0] or None, numbers[1] or None)
    return PlainConfig(item.get("config_name", "default"), features=item.get("features"), sizes=sizes)


def plain_config(item: Json, infos: dict[str, PlainConfig]) -> PlainConfig | None:
    """One of `configs`."""
    if not isinstance(item, dict) or set(item) - {"config_name", "data_files", "data_dir", "default"}:
        return None
    name, folder, default = item.get("config_name"), item.get("data_dir") or "", item.get("default") or False
    if not isinstance(name, str) or not isinstance(folder, str) or not isinstance(default, bool):
        return None
    patterns = None
    if item.get("data_files") is not None and (patterns := plain_patterns(item["data_files"])) is None:
        return None
    info = infos.get(name, PlainConfig(name))
    return info._replace(patterns=patterns, folder=folder, default=default or name == "default")


def plain_patterns(told: Json) -> dict[str, list[str]] | None:
    """The patterns of each split."""
    items = told if isinstance(told, list) else [told]
    if items and all(isinstance(item, str) for item in items):
        return {"train": items}
    found = {}
    for item in items:
        if not isinstance(item, dict) or set(item) != {"split", "path"} or not isinstance(item["split"], str):
            return None
        paths = item["path"] if isinstance(item["path"], list) else [item["path"]]
        if item["split"] in found or not paths or not all(isinstance(path, str) for path in paths):
            return None
        found[item["split"]] = paths
    return found or None
