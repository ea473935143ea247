"""The lock file: what a dataset was like, as TOML that people can read and compare; and what has drifted from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dspreview.check.dataset import DatasetCheck, Report, in_order
from dspreview.check.findings import Finding, found
from dspreview.check.profile import DatasetProfile, SplitProfile, profile
from dspreview.errors import DatasetError, UsageError
from dspreview.extract.extractor import Extractor
from dspreview.models import DatasetRef, Json, Kind, SplitId, dump

VERSION = 1
LARGEST = 2**62
TOLERANCES = {"rows": 0.0, "nulls": 0.01, "labels": 0.01}
Progress = Callable[[str, int, int | None], None]


def lock_text(found: DatasetProfile, sample: int | None) -> str:
    """The lock file of a dataset."""
    lines = [
        "# What this dataset was like, written by `dspreview lock`; `dspreview check DATASET --against THIS-FILE` tells what has drifted.",
        f"version = {VERSION}",
        f"dataset = {quoted(found.asked)}",
        *([f"revision = {quoted(found.revision)}"] if found.listing.dataset.kind is Kind.HUB else []),
        f"rows_read = {quoted('all') if sample is None else sample}",
        f"fingerprint = {quoted(found.fingerprint())}",
        "",
        "[tolerance]",
        "# by how much rows (as a share), and shares of nulls and labels, may differ",
        *(f"{name} = {value}" for name, value in TOLERANCES.items()),
    ]
    for (config, split), one in found.splits.items():
        lines += [
            "",
            f"[configs.{key(config)}.{key(split)}]",
            f"num_rows = {one.rows}",
            f"fingerprint = {quoted(one.fingerprint())}",
        ]
        for name, column in one.columns.items():
            lines += [
                "",
                f"[configs.{key(config)}.{key(split)}.columns.{key(name)}]",
                f"feature = {quoted(dump(column.tree))}",
            ]
            lines.append(f"null_rate = {column.null_rate()}")
            if column.names:
                lines.append(
                    f"labels = {{ {', '.join(f'{key(label)} = {share}' for label, share in column.label_shares().items())} }}"
                )
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as TOML has it."""
    literal = text.isascii() and text.isprintable() and "'" not in text and '"' in text
    return f"'{text}'" if literal else json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """A key as TOML has it."""
    return name if name and all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in name) else quoted(name)


def read_lock(path: str) -> dict[str, Json]:
    """A lock file. Raises UsageError."""
    import tomllib

    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"--against {path}: {error.strerror}; write it with: dspreview lock DATASET --output {path}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--against {path}: not TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # numbers of a thousand digits, lists a thousand deep
        raise UsageError(f"--against {path}: not what `dspreview lock` writes: {type(error).__name__}") from error
    if found.get("version") != VERSION:
        raise UsageError(
            f"--against {path}: no lock file that this version reads; write it with: dspreview lock DATASET --output {path}"
        )
    if (wrong := first_wrong(found)) is not None:
        raise UsageError(f"--against {path}: {wrong} is not what `dspreview lock` writes; write it anew, or correct it")
    return found


def first_wrong(locked: dict[str, Json]) -> str | None:
    """The first key of a lock file that does not hold what it should."""
    rows, tolerance, configs = locked.get("rows_read"), locked.get("tolerance", {}), locked.get("configs")
    if rows != "all" and (type(rows) is not int or not 0 < rows < LARGEST):
        return "rows_read"
    if (
        not isinstance(tolerance, dict)
        or set(tolerance) - set(TOLERANCES)
        or not all(map(is_share, tolerance.values()))
    ):
        return "[tolerance]"
    if not isinstance(configs, dict) or not all(isinstance(splits, dict) for splits in configs.values()):
        return "[configs]"
    for config, splits in configs.items():
        for split, told in splits.items():
            where = f"[configs.{key(config)}.{key(split)}]"
            number = told.get("num_rows") if isinstance(told, dict) else None
            if type(number) is not int or not 0 <= number < LARGEST or not isinstance(told.get("columns", {}), dict):
                return where
            for name, column in told.get("columns", {}).items():
                labels = column.get("labels", {}) if isinstance(column, dict) else None
                good = isinstance(labels, dict) and all(map(is_share, labels.values()))
                if not good or not is_share(column.get("null_rate")) or not is_json(column.get("feature")):
                    return f"{where[:-1]}.columns.{key(name)}]"
    return None


def is_share(value: Json) -> bool:
    """Whether a value is a number from 0 on that means something."""
    return type(value) in {int, float} and 0 <= value < LARGEST


def is_json(text: Json) -> bool:
    """Whether a text is JSON."""
    try:
        return isinstance(text, str) and json.loads(text) is not None
    except (ValueError, RecursionError):
        return False


def check_against(
    extractor: Extractor, ref: DatasetRef, folder: Path, locked: dict[str, Json], *, progress: Progress
) -> Report:
    """Check a dataset, with as many rows as the lock file was made from, and tell what has drifted. Raises PreviewError, UsageError."""
    told = locked.get("rows_read", "all")
    sample = told if isinstance(told, int) else None
    report = DatasetCheck(extractor, ref, folder, sample=sample, progress=progress).run()
    failed: dict[SplitId, DatasetError] = {}
    try:
        now = profile(extractor, ref, folder, sample, progress, failed=failed)
    except DatasetError as error:
        unread = found("drift", f"what it is like now cannot be told: {error}")
        return report._replace(findings=in_order([*report.findings, unread]))
    drifted = list(drift(locked, now, failed))
    return report._replace(findings=in_order([*report.findings, *drifted]))


def drift(locked: dict[str, Json], now: DatasetProfile, failed: Mapping[SplitId, DatasetError]) -> Iterator[Finding]:
    """What is not as it was."""
    tolerance = TOLERANCES | {name: float(value) for name, value in locked.get("tolerance", {}).items()}
    known = {
        (config, split): told for config, splits in locked.get("configs", {}).items() for split, told in splits.items()
    }
    for config, split in known:
        if (config, split) in failed:
            yield found("drift", f"{config}/{split} cannot be read any more", config=config, split=split)
        elif (config, split) not in now.splits:
            yield found("drift", f"{config}/{split} is gone", config=config, split=split)
    for names, one in now.splits.items():
        place = {"config": names[0], "split": names[1]}
        if names not in known:
            yield found("drift", f"{names[0]}/{names[1]} is new", **place)
            continue
        told = known[names]
        differences = list(split_drift(told, one, tolerance, place))
        yield from differences
        if not differences and told.get("fingerprint") != one.fingerprint():
            yield found("drift", "its values changed, within the tolerances", severity="info", **place)


def split_drift(
    told: dict[str, Json], one: SplitProfile, tolerance: dict[str, float], place: dict[str, Any]
) -> Iterator[Finding]:
    """What is not as it was in a split."""
    rows = int(told["num_rows"])
    if abs(one.rows - rows) > tolerance["rows"] * rows:
        yield found("drift", f"it had {rows:,} rows, and has {one.rows:,}", **place)
    columns = told.get("columns", {})
    for name in columns:
        if name not in one.columns:
            yield found("drift", f"the column {name} is gone", column=name, **place)
    for name, column in one.columns.items():
        where = place | {"column": name}
        if name not in columns:
            yield found("drift", f"the column {name} is new", **where)
            continue
        before = columns[name]
        if json.loads(before["feature"]) != column.tree:
            yield found("drift", f"{name} was {before['feature']}, and is {dump(column.tree)}", **where)
            continue
        if abs(float(before["null_rate"]) - column.null_rate()) > tolerance["nulls"]:
            yield found(
                "drift", f"{name}: the share of nulls was {before['null_rate']}, and is {column.null_rate()}", **where
            )
        shares = column.label_shares() if column.names else {}
        for label, share in (dict.fromkeys(before.get("labels", {}), 0.0) | shares).items():
            old = float(before.get("labels", {}).get(label, 0.0))
            if abs(old - share) > tolerance["labels"]:
                yield found("drift", f"{name}: the share of {label} was {old}, and is {share}", **where)
