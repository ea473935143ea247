"""The lock file: what a dataset was like, as TOML that people can read and compare; and what has drifted from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspreview.check.dataset import DatasetCheck, Report, in_order
from dspreview.check.findings import Finding, found
from dspreview.check.profile import ColumnProfile, DatasetProfile, SplitProfile, profile
from dspreview.errors import DatasetError, UsageError
from dspreview.extract.extractor import Extractor
from dspreview.models import DatasetRef, Json, SplitId, dump

if TYPE_CHECKING:
    import tomlkit

VERSION = 1
LARGEST = 2**62
TOLERANCES = {"rows": 0.0, "nulls": 0.01, "labels": 0.01}
HEAD = (
    "A snapshot of this dataset, written by `dspreview lock`.",
    "`dspreview check DATASET --against THIS-FILE` reports what has changed.",
)
ABOUT_TOLERANCES = "allowed changes: in the number of rows (as a share of it), in null rates, and in label shares"
Progress = Callable[[str, int, int | None], None]


def lock_text(
    found: DatasetProfile, sample: int | None, before: str = "", *, reason: str | None = None, day: str = ""
) -> str:
    """The lock file of a dataset; the comments, tolerances and reasons of an earlier one are kept.

    Args:
        reason: why it is written again, kept with the `day`.

    """
    import tomlkit

    old = parsed(before)
    document = old if old is not None else tomlkit.document()
    if old is None:
        for line in HEAD:
            document.add(tomlkit.comment(line))
    revision = {"revision": found.revision} if found.listing.dataset.is_remote else {}
    values: dict[str, Json] = {
        "version": VERSION, "dataset": found.asked, **revision, "rows_read": "all" if sample is None else sample,
        "fingerprint": found.fingerprint(),
    }  # fmt: skip
    configs: dict[str, Json] = {}
    for split, one in found.splits.items():
        columns = {utf8(name): column_values(column) for name, column in one.columns.items()}
        told = {"num_rows": one.rows, "fingerprint": one.fingerprint(), "columns": columns}
        configs.setdefault(utf8(split.config), {})[utf8(split.split)] = told
    for name in set(document) - set(values) - {"tolerance", "updates", "configs"}:
        document.remove(name)
    for name, value in values.items():
        document[name] = utf8(value) if isinstance(value, str) else value
    if "tolerance" not in document:
        tolerance = tomlkit.table()
        tolerance.add(tomlkit.comment(ABOUT_TOLERANCES))
        tolerance.update(TOLERANCES)
        document.add("tolerance", tolerance)
    if reason is not None:
        updates = document.get("updates") or tomlkit.aot()
        updates.append(tomlkit.item({"day": day, "reason": utf8(reason)}))
        if "updates" not in document:
            document.add("updates", updates)
    if "configs" not in document:
        document.add("configs", tomlkit.table(is_super_table=True))
    settle(document["configs"], configs)
    return tomlkit.dumps(document)


def parsed(text: str) -> tomlkit.TOMLDocument | None:
    """An earlier lock file; None where the text is none, and is written over."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        found = tomlkit.parse(text)
    except (TOMLKitError, ValueError, RecursionError):
        return None
    return found if found.get("version") == VERSION and first_wrong(found.unwrap()) is None else None


def is_lock(text: str) -> bool:
    """Whether a text is a lock file, or was one before somebody wrote in it: TOML that names its version and its splits."""
    import tomllib

    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found.get("version"), int) and "fingerprint" in found


def settle(table: Any, values: dict[str, Json]) -> None:
    """Let a table hold these values and no others; what is the same keeps its place and its comments."""
    import tomlkit

    for name in [name for name in table if name not in values]:
        table.remove(name)
    for name, value in values.items():
        if not isinstance(value, dict):
            if table.get(name) != value:
                literal = isinstance(value, str) and value.isascii() and value.isprintable() and "'" not in value
                table[name] = tomlkit.string(value, literal=True) if literal and '"' in value else value
            continue
        if not isinstance(table.get(name), dict):
            table[name] = tomlkit.table(is_super_table=all(isinstance(one, dict) for one in value.values()))
        settle(table[name], value)


def column_values(column: ColumnProfile) -> dict[str, Json]:
    """What is kept of a column."""
    labels = {utf8(label): share for label, share in column.label_shares().items()} if column.names else None
    found: dict[str, Json] = {"feature": utf8(dump(column.tree)), "null_rate": column.null_rate()}
    return found if labels is None else found | {"labels": labels}


def utf8(text: str) -> str:
    """A text that UTF-8 has bytes for: a lone surrogate becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


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
        raise UsageError(
            f"--against {path}: {wrong} is not what `dspreview lock` writes; write it again, or correct it"
        )
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
            where = f"[configs.{config}.{split}]"
            number = told.get("num_rows") if isinstance(told, dict) else None
            if type(number) is not int or not 0 <= number < LARGEST or not isinstance(told.get("columns", {}), dict):
                return where
            for name, column in told.get("columns", {}).items():
                labels = column.get("labels", {}) if isinstance(column, dict) else None
                good = isinstance(labels, dict) and all(map(is_share, labels.values()))
                if not good or not is_share(column.get("null_rate")) or not is_json(column.get("feature")):
                    return f"{where[:-1]}.columns.{name}]"
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
        unread = found("drift", f"the dataset cannot be compared with the lock file: {error}")
        return report._replace(findings=in_order([*report.findings, unread]))
    drifted = list(drift(locked, now, failed))
    return report._replace(findings=in_order([*report.findings, *drifted]))


def drift(locked: dict[str, Json], now: DatasetProfile, failed: Mapping[SplitId, DatasetError]) -> Iterator[Finding]:
    """What is not as it was."""
    tolerance = TOLERANCES | {name: float(value) for name, value in locked.get("tolerance", {}).items()}
    known = {
        SplitId(config, split): told
        for config, splits in locked.get("configs", {}).items()
        for split, told in splits.items()
    }
    unread, splits_now = ({SplitId(*map(utf8, split)) for split in some} for some in (failed, now.splits))
    for split in known:
        if split in unread:
            yield found("drift", f"{split} can no longer be read", **split._asdict())
        elif split not in splits_now:
            yield found("drift", f"{split} is gone", **split._asdict())
    for split, one in now.splits.items():
        place = split._asdict()
        told = known.get(SplitId(*map(utf8, split)))
        if told is None:
            yield found("drift", f"{split} is new", **place)
            continue
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
        yield found("drift", f"the number of rows changed from {rows:,} to {one.rows:,}", **place)
    columns = told.get("columns", {})
    for name in set(columns) - set(map(utf8, one.columns)):
        yield found("drift", f"the column {name} is gone", column=name, **place)
    for asked, column in one.columns.items():
        where, name = place | {"column": asked}, utf8(asked)
        if name not in columns:
            yield found("drift", f"the column {name} is new", **where)
            continue
        before = columns[name]
        if json.loads(before["feature"]) != json.loads(utf8(dump(column.tree))):
            yield found("drift", f"{name} changed from {before['feature']} to {dump(column.tree)}", **where)
            continue
        if abs(float(before["null_rate"]) - column.null_rate()) > tolerance["nulls"]:
            message = f"{name}: the share of nulls changed from {before['null_rate']} to {column.null_rate()}"
            yield found("drift", message, **where)
        shares = {utf8(label): share for label, share in column.label_shares().items()} if column.names else {}
        for label, share in (dict.fromkeys(before.get("labels", {}), 0.0) | shares).items():
            old = float(before.get("labels", {}).get(label, 0.0))
            if abs(old - share) > tolerance["labels"]:
                yield found("drift", f"{name}: the share of {label} changed from {old} to {share}", **where)
