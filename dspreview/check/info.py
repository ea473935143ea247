"""What the README tells of a config (`dataset_info`), beside what its data holds."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from dspreview.check.findings import Finding, found
from dspreview.check.reading import Reading
from dspreview.check.splits import SplitOutcome
from dspreview.check.structure import README, Made
from dspreview.extract.plain import described, fits
from dspreview.feature import Feature, word_of
from dspreview.models import Json, dump


def infos_of(card: dict[str, Json]) -> dict[str, dict[str, Json]]:
    """The `dataset_info` of each config."""
    told = card.get("dataset_info")
    items = told if isinstance(told, list) else [told]
    return {str(item.get("config_name", "default")): item for item in items if isinstance(item, dict)}


def look_at_types(made: Made, info: dict[str, Json], config: str) -> Iterator[Finding]:
    """Features that `datasets` does not know: it refuses them, and we leave them out."""
    from datasets import Features

    features = info.get("features")
    for item in features if isinstance(features, list) else [features] if features is not None else []:
        try:
            len(Features._from_yaml_list([dict(item)]).arrow_schema)  # noqa: SLF001 - what `datasets` itself calls
        except Exception as error:  # noqa: BLE001 - whatever it is, `datasets` raises it, too
            told = (str(error).splitlines() or [type(error).__name__])[0].partition(". Available")[0]
            if isinstance(error, (KeyError, TypeError)):  # of its own code, not words for people
                told = f"`datasets` reads no feature {dump(item)}"
            name = str(item.get("name")) if isinstance(item, dict) else None
            line = (made.line("name", name) if name else None) or made.line("features")
            yield found("info-features", f"dataset_info: {told}", config=config, file=README, line=line, column=name)


def look_at_options(made: Made, reading: Reading) -> Iterator[Finding]:
    """Options of a config that its reader does not know."""
    if reading.direct is not None or reading.recognised is not None:  # they have none
        return
    from dspreview.extract.library.options import ignored_options

    place = {"config": reading.names.config, "file": README}
    for option in ignored_options(reading.plan):
        told = f"`datasets` has no option {option} for {reading.format.name} files, and ignores it"
        yield found("library-differs", told, line=made.line(option), **place)


def look_at_info(
    made: Made, info: dict[str, Json], config: str, outcomes: dict[str, SplitOutcome]
) -> Iterator[Finding]:
    """Rows, splits and bytes that are told otherwise.

    Args:
        outcomes: what is known of each split that loads.

    """
    told = {
        one["name"]: one
        for one in (info["splits"] if isinstance(info.get("splits"), list) else ())
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    }
    line = made.line("dataset_info")
    if told and set(told) != set(outcomes):
        missing, more = sorted(set(told) - set(outcomes)), sorted(set(outcomes) - set(told))
        words = [f"lists {', '.join(missing)}, which the data does not have"] * bool(missing)
        words += [f"does not list {', '.join(more)}"] * bool(more)
        yield found("info-rows", f"dataset_info {', and '.join(words)}", config=config, file=README, line=line)
    for split, outcome in outcomes.items():
        number = told.get(split, {}).get("num_examples")
        if isinstance(number, int) and outcome.total is not None and number != outcome.total:
            where = made.line("num_examples", str(number)) or line
            message = f"num_examples is {number:,} in dataset_info, and there are {outcome.total:,} rows"
            yield found("info-rows", message, config=config, split=split, file=README, line=where)
    sizes = [outcome.size for outcome in outcomes.values()]
    bytes_told = info.get("download_size")
    if isinstance(bytes_told, int) and sizes and None not in sizes and bytes_told != sum(size or 0 for size in sizes):
        message = f"download_size is {bytes_told:,} in dataset_info, and its files have {sum(size or 0 for size in sizes):,} bytes"
        yield found(
            "info-bytes", message, config=config, file=README, line=made.line("download_size", str(bytes_told)) or line
        )
    parts: list[Json] = [one.get("num_bytes") for one in told.values()]
    whole = info.get("dataset_size")
    if isinstance(whole, int) and parts and all(isinstance(part, int) for part in parts) and whole != sum(parts):
        message = f"dataset_size is {whole:,} in dataset_info, and num_bytes of its splits add up to {sum(parts):,}"
        yield found(
            "info-bytes", message, config=config, file=README, line=made.line("dataset_size", str(whole)) or line
        )


def look_at_features(made: Made, info: dict[str, Json], place: dict[str, str], schema: pa.Schema) -> Iterator[Finding]:
    """Columns and types that are told otherwise than a Parquet file has them."""
    features = info.get("features")
    names = [item.get("name") for item in features if isinstance(item, dict)] if isinstance(features, list) else []
    if not names:
        return
    line = made.line("features") or made.line("dataset_info")
    missing = [str(name) for name in names if name not in schema.names]
    more = [name for name in schema.names if name not in names]
    if missing or more:
        words = [f"names {', '.join(missing[:5])}, which the data does not have"] * bool(missing)
        words += [f"leaves out {', '.join(more[:5])}"] * bool(more)
        yield found("info-features", f"dataset_info {', and '.join(words)}", file=README, line=line, **place)
        return
    for name, tree in described(features) or ():
        kind = schema.field(name).type
        if not pa.types.is_null(kind) and not fits(tree, kind):
            said = Feature(tree).dtype or word_of(tree) or "a struct"
            message = f"{name} is {said} in dataset_info, and {kind} in the data"
            yield found(
                "info-features",
                message,
                severity="warning",
                file=README,
                line=made.line(name) or line,
                column=name,
                **place,
            )
