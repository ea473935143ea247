"""Where the files of each config lie, and which reader of `datasets` fits them."""

from __future__ import annotations

import glob
import json
import os
import threading
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import datasets.config
from datasets import DatasetInfo, DownloadConfig, Features
from datasets.data_files import DataFilesDict, DataFilesList, EmptyDatasetError, sanitize_patterns
from datasets.exceptions import DataFilesNotFoundError
from datasets.load import infer_module_for_data_files, infer_module_for_data_files_list
from datasets.packaged_modules import _ALL_ALLOWED_EXTENSIONS
from tqdm.std import tqdm

import dspreview.extract.library.doorway
import dspreview.extract.library.registry  # noqa: F401 - for what it tells `datasets`
from dspreview import errors, local
from dspreview.extract.files.door import Door
from dspreview.extract.format import ARROW, Format, format_of
from dspreview.extract.hub.description import Description
from dspreview.extract.layout.globs import names_below, names_within
from dspreview.extract.layout.readme import OLDER_INFOS, local_card
from dspreview.extract.library.card import Card, CardConfig, older_infos, read_card
from dspreview.extract.library.patterns import data_patterns, is_task, of_kind, several_kinds, without_texts
from dspreview.models import Json, Kind, Resolved
from dspreview.settings import Settings

for name in (
    "READ_MAX_RETRIES",
    "READ_RETRY_INTERVAL",
    "READ_RATE_LIMIT_RETRY_INTERVAL",
    "READ_SERVER_UNAVAILABLE_RETRY_INTERVAL",
):
    setattr(datasets.config, f"STREAMING_{name}", 1)  # by default it tries for minutes
for name in ("OPEN_MAX_RETRIES", "OPEN_RETRY_INTERVAL"):
    setattr(datasets.config, f"STREAMING_{name}", 1)
MOST_INFOS = 100_000_000
"""Bytes of a `dataset_infos.json` that are read."""
HARMLESS = frozenset({"batch_size", "fragment_scan_options", "on_bad_files"})
"""Options of the Parquet reader that change no row."""
tqdm.set_lock(threading.RLock())
"""Its own would be one for several processes, which leaves a semaphore behind where a process ends at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset at one revision, with what its README says."""

    dataset: Resolved
    asked: str
    """The user's word for it, for messages."""
    root: str
    """Its folder, or `hf://datasets/ID@SHA`: no file outside it is read."""
    card: Card
    door: Door
    """Opens its files."""
    download: DownloadConfig
    files: frozenset[str] | None = None
    """The names of a repository's files; a local folder is looked at when they are needed."""
    older_refused: str = ""
    """Why its `dataset_infos.json` counts for nothing."""
    plans: dict[str, Plan] = field(default_factory=dict)
    """The plans that were made so far, by config: listing and reading share them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one config is read."""

    config: CardConfig
    format: Format
    params: dict[str, Any]
    files: dict[str, list[str]]
    """The data files of each split, in reading order: absolute paths or `hf://` addresses."""
    data_files: DataFilesDict
    features: Features | None
    """The features that the README, or `save_to_disk`, declares."""

    @property
    def selects(self) -> bool:
        """Whether the README chooses some columns or rows of Parquet files."""
        return self.format.is_parquet and bool(set(self.params) - HARMLESS)


def open_source(asked: str, description: Description, settings: Settings) -> Source:
    """The dataset and its README. Raises DatasetError where it is a script."""
    dataset = description.dataset
    download, root = DownloadConfig(token=settings.hf_token or False), local.root_of(dataset)
    if dataset.is_remote:
        card = description.card
    else:
        card = local_card(root, asked) if os.path.isdir(dataset.name) else {}
        refuse_script(asked, os.path.basename(root), set(os.listdir(root)) if os.path.isdir(dataset.name) else set())
    files = description.files if dataset.is_remote else None
    door = Door.of(dataset, root, asked, settings)
    older, refused = read_older(door, f"{root}/{OLDER_INFOS}") if has_older(dataset, files) else ({}, "")
    return Source(dataset, asked, root, read_card(card, asked, older), door, download, files, older_refused=refused)


def has_older(dataset: Resolved, files: Collection[str] | None) -> bool:
    """Whether there is a `dataset_infos.json`."""
    if files is not None:
        return OLDER_INFOS in files
    return os.path.isdir(dataset.name) and os.path.isfile(os.path.join(dataset.name, OLDER_INFOS))


def read_older(door: Door, address: str) -> tuple[dict[str, DatasetInfo], str]:
    """What a `dataset_infos.json` says; nothing where it cannot be used, and why."""
    with door.entered(), door.open(address) as file:
        text = file.read(MOST_INFOS)
    try:
        return older_infos(text), ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return {}, f"{OLDER_INFOS} cannot be used: {first(error)}"


def refuse_script(asked: str, name: str, files: Collection[str]) -> None:
    """A loading script is never run. Raises ScriptDatasetError."""
    if f"{name}.py" in files:
        raise errors.ScriptDatasetError(
            f"{asked} is a loading script ({name}.py), which is never run; ask its author for data files such as Parquet"
        )


def make_plan(source: Source, config: CardConfig) -> Plan:
    """Find the files and the reader of a config. Raises DatasetError."""
    if config.error is not None:
        raise config.error
    saved = saved_to_disk(source)
    if saved is not None:
        return saved
    with source.door.entered():
        found, kind, defaults = find_files(source, config)
    if kind.is_unsafe:
        raise errors.PickleError(f"{source.asked}: pickle files can run code, and are not read; save them as Parquet")
    kept = of_kind(found, kind.name)
    files = {str(split): [str(file) for file in names] for split, names in kept.items()}
    guard_files(source, [name for names in files.values() for name in names])
    params = defaults | {
        key: value for key, value in config.params.items() if key not in {"data_files", "data_dir", "default"}
    }
    return Plan(config, kind, params, files, kept, config.info.features if config.info else None)


def find_files(source: Source, config: CardConfig) -> tuple[DataFilesDict, Format, dict[str, Any]]:
    """The data files of each split of a config, the reader they need, and its options."""
    if source.dataset.kind is not Kind.HUB and not os.path.isdir(source.dataset.name):
        return single_file(source)
    declared, folder = config.params.get("data_files"), config.params.get("data_dir")
    if folder:
        local.guard_pattern(str(folder), source.asked)
    base = f"{source.root}/{folder}" if folder else source.root
    root = glob.escape(source.root) if source.dataset.kind is Kind.LOCAL else source.root
    searched = f"{root}/{folder}" if folder else root
    try:
        if declared is not None:
            patterns = sanitize_patterns(declared)
        else:
            names = names_below(base) if source.files is None else names_within(source.files, folder and str(folder))
            patterns = data_patterns(searched, names, source.download)
        for group in patterns.values():
            for pattern in group:
                guard_declared(source, str(pattern))
        found = DataFilesDict.from_patterns(
            patterns, base_path=searched, allowed_extensions=_ALL_ALLOWED_EXTENSIONS, download_config=source.download
        )
        module, defaults = infer_module_for_data_files(found, source.asked, source.download)
    except EmptyDatasetError as error:
        raise errors.EmptyDatasetError(f"{source.asked} has no data files") from error
    except DataFilesNotFoundError as error:
        if declared is not None and not any(len(names) for names in found.values()):
            raise no_match(source, config) from error
        raise errors.EmptyDatasetError(
            f"{source.asked} has no data files of a known kind ({', '.join(sorted(seen_extensions(source)) or ['none at all'])})"
        ) from error
    except FileNotFoundError as error:
        raise no_match(source, config) from error
    kind = format_of(module or "")
    tasks = any(is_task(name) for names in found.values() for name in names)
    if kind.has_tasks and not tasks:  # texts beside data; `datasets` takes them for tasks, of which they lack all
        module, defaults = infer_module_for_data_files(without_texts(found), source.asked, source.download)
        kind = format_of(module or "")
    if module is None:
        raise errors.EmptyDatasetError(f"{source.asked} has no data files of a known kind")
    return found, kind, defaults


def no_match(source: Source, config: CardConfig) -> errors.NoMatchError:
    """The failure of a config whose patterns match no file."""
    patterns = str(config.params.get("data_files"))[:200]
    return errors.NoMatchError(f"{source.asked}: config {config.name!r}: no file matches its data_files {patterns}")


def first(error: BaseException) -> str:
    """The first line of a message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def seen_extensions(source: Source) -> set[str]:
    """The extensions of a local folder's files, to say what is there instead of data."""
    if source.dataset.kind is not Kind.LOCAL or not os.path.isdir(source.root):
        return set()
    names = [name for name, _ in local.walk(source.root, "")]
    return {os.path.splitext(name)[1] or os.path.basename(name) for name in names[:1000]}


def single_file(source: Source) -> tuple[DataFilesDict, Format, dict[str, Any]]:
    """A dataset that is one file, or those that match a pattern: config `default`, split `train`."""
    name = source.dataset.name
    if source.files is not None:
        found = DataFilesList([f"{source.root}/{one}" for one in source.files], [(source.dataset.revision,)])
    else:
        names = local.matched(name) if local.is_pattern(name) else [name]
        found = DataFilesList(names, [(str(os.stat(one).st_mtime_ns),) for one in names])
    module, defaults = infer_module_for_data_files_list(found, source.download)
    if module is None and len(found) > 1:
        raise several_kinds(source.asked, found)
    if module is None:
        kind = os.path.splitext(name)[1] or "none"
        raise errors.DatasetError(f"{source.asked}: nothing here reads files of this kind (extension: {kind})")
    chosen = DataFilesDict({"train": found})
    if len(of_kind(chosen, module)["train"]) < len(found):
        raise several_kinds(source.asked, found)
    return chosen, format_of(module), defaults


def guard_declared(source: Source, pattern: str) -> None:
    """Refuse a pattern that leaves the dataset; web addresses may be named by local data only."""
    within = pattern.removeprefix(source.root + "/")
    if "://" in within or "::" in within:
        if source.dataset.kind is Kind.LOCAL and pattern.startswith(local.WEB) and "::" not in pattern:
            return
        raise errors.UnsafePathError(
            f"{source.asked}: data_files {pattern!r} in its README points outside the dataset; only its own files are read"
        )
    local.guard_pattern(within, source.asked)


def guard_files(source: Source, names: list[str]) -> None:
    """Refuse files that were found outside the dataset."""
    if source.dataset.kind is Kind.LOCAL:
        local.guard_all((name for name in names if "://" not in name), source.root, source.asked)
        return
    for name in names:
        if not name.startswith(source.root + "/") or ".." in name.split("/"):
            raise errors.UnsafePathError(
                f"{source.asked}: {name} lies outside the dataset; only its own files are read"
            )


def saved_to_disk(source: Source) -> Plan | None:
    """The plan of a folder written by `Dataset.save_to_disk` or `DatasetDict.save_to_disk`, else None."""
    if source.dataset.kind is not Kind.LOCAL or not os.path.isdir(source.dataset.name):
        return None
    splits = os.path.join(source.root, datasets.config.DATASETDICT_JSON_FILENAME)
    folders: dict[str, str] = {}
    if os.path.isfile(splits):
        names = read_json(source, splits).get("splits", [])
        folders = {str(name): os.path.join(source.root, str(name)) for name in names}
    elif os.path.isfile(os.path.join(source.root, datasets.config.DATASET_STATE_JSON_FILENAME)):
        state = read_json(source, os.path.join(source.root, datasets.config.DATASET_STATE_JSON_FILENAME))
        folders = {str(state.get("_split") or "train"): source.root}
    if not folders:
        return None
    files: dict[str, list[str]] = {}
    info: dict[str, Json] = {}
    for split, folder in folders.items():
        local.guard(folder, source.root, source.asked)
        state = read_json(source, os.path.join(folder, datasets.config.DATASET_STATE_JSON_FILENAME))
        files[split] = [os.path.join(folder, str(file["filename"])) for file in state.get("_data_files", [])]
        local.guard_all(files[split], source.root, source.asked)
        info = info or read_json(source, os.path.join(folder, datasets.config.DATASET_INFO_FILENAME))
    described = info.get("features")
    features = Features.from_dict(described) if described else None
    found = DataFilesDict({split: DataFilesList(names, [()] * len(names)) for split, names in files.items()})
    name = str(info.get("config_name") or "default")
    return Plan(replace(source.card.configs[0], name=name), ARROW, {}, files, found, features)


def read_json(source: Source, path: str) -> dict[str, Json]:
    """A JSON object from a file that `save_to_disk` writes. Raises DatasetError."""
    try:
        with source.door.open(path) as file:
            found = json.load(file)
    except (OSError, ValueError) as error:
        raise errors.UnreadableDataError(f"{path}: not what save_to_disk writes: {first(error)}") from error
    return found if isinstance(found, dict) else {}
