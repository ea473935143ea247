"""The configs and splits of a dataset in the shape of the contract."""

from __future__ import annotations

from dspreview.models import ConfigListing, Json

HEADER = ["dataset", "config", "split", "num_bytes", "num_examples"]


def split_records(asked: str, configs: tuple[ConfigListing, ...]) -> list[dict[str, Json]]:
    """A flat record of each split."""
    return [
        dict(zip(HEADER, (asked, config.config, split.split, split.num_bytes, split.num_examples), strict=True))
        for config in configs
        for split in config.splits
    ]


def splits_document(asked: str, configs: tuple[ConfigListing, ...]) -> dict[str, Json]:
    """The splits; a config that cannot be listed is named under `errors`."""
    answer: dict[str, Json] = {"splits": split_records(asked, configs)}
    broken = [config for config in configs if config.error]
    if broken:
        answer["errors"] = [{"dataset": asked, "config": config.config, "error": config.error} for config in broken]
    return answer
