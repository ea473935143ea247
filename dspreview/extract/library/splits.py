"""The configs and splits of a dataset. Importing this costs `datasets`, 0.7 to 2 s."""

from __future__ import annotations

import datasets

from dspreview import errors
from dspreview.extract.hub.description import Description, describe
from dspreview.extract.layout.keys import key_of, local_key
from dspreview.extract.library.card import CardConfig
from dspreview.extract.library.failures import explain
from dspreview.extract.library.source import Plan, Source, make_plan, open_source, refuse_script
from dspreview.models import ConfigListing, DatasetRef, Kind, Listing, Resolved, SplitListing
from dspreview.settings import Settings

datasets.logging.set_verbosity(datasets.logging.CRITICAL)
TREE_PAGE = 1_000
"""Files that the Hub lists in one answer."""


def open_dataset(
    ref: DatasetRef, settings: Settings, at: Resolved | None = None, description: Description | None = None
) -> Source:
    """Resolve a dataset (or take it as it was resolved, `at` a revision, or described) and read its README. Raises PreviewError."""
    description = description or describe(ref, settings, at)
    try:
        if ref.kind is Kind.HUB:
            refuse_script(ref.asked, description.dataset.name.rpartition("/")[2], description.files)
        return open_source(ref.asked, description, settings)
    except errors.DatasetError as error:
        error.dataset = description.dataset
        raise


def list_splits(source: Source, settings: Settings) -> Listing:
    """All configs with their splits; one that cannot be listed carries its error.

    Raises PreviewError where there is but one config and it fails, or all fail alike.
    """
    configs: list[ConfigListing] = []
    failures: list[errors.PreviewError] = []
    for number, config in enumerate(source.card.configs):
        try:
            if not number:
                list_tree(source)
            plan = make_plan(source, config)
        except Exception as error:  # readers fail in a hundred ways; `explain` raises bugs of ours again
            failure = explain(error, source.asked, source, settings)
            if failure is not error:
                failure.__cause__ = error
            if failure.exit_code == errors.EXIT_BUG or not failure.cacheable:
                raise failure from error
            failures.append(failure)
            configs.append(ConfigListing(config.name, error=errors.as_json(failure)))
        else:
            source.plans[plan.config.name] = plan
            configs.append(ConfigListing(plan.config.name, known_splits(source, plan)))
    if failures and len(failures) == len(configs):
        failures[0].dataset = source.dataset
        raise failures[0]
    default = source.card.default_config
    names = [config.config for config in configs]
    return Listing(
        source.dataset, tuple(configs), default if default in names else names[0] if len(names) == 1 else None
    )


def list_tree(source: Source) -> None:
    """List a repository of several configs whole: one request, where each folder that a config names would be one."""
    several = len(source.card.configs) > 1 and len(source.files or ()) <= TREE_PAGE
    if source.dataset.kind is Kind.HUB and several:
        source.door.hub_files().find(source.root)  # it keeps what it found


def known_splits(source: Source, plan: Plan) -> tuple[SplitListing, ...]:
    """The splits of a plan, with the sizes that the README knows; its zeros mean that it does not."""
    described = plan.config.info.splits if plan.config.info is not None else None
    listed = []
    for split in plan.files:
        info = described.get(split) if described else None
        sizes = (getattr(info, "num_bytes", None) or None, getattr(info, "num_examples", None) or None)
        listed.append(SplitListing(split, *sizes, data_key=data_key(source, plan, split, sizes)))
    return tuple(listed)


def data_key(source: Source, plan: Plan, split: str, sizes: tuple[int | None, int | None]) -> str:
    """A digest of all that a split's page depends on; another commit with the same one has the same page.

    Readers of media folders look at the files of all splits, for the names of classes.
    """
    names = (
        [name for group in plan.files.values() for name in group] if plan.format.is_media_folder else plan.files[split]
    )
    try:
        files = [(name.removeprefix(source.root), file_key(source, name)) for name in names]
    except (OSError, KeyError):
        return ""  # an address of the web, say: nothing tells whether it changed
    features = plan.features.to_dict() if plan.features is not None else None
    return key_of(plan.format.name, plan.params, features, split, sizes, files)


def file_key(source: Source, name: str) -> str:
    """What changes with a file's content: its blob on the Hub, its size and time here. Raises OSError, KeyError."""
    if source.dataset.kind is Kind.WEB:
        return source.dataset.revision
    if source.dataset.kind is Kind.HUB:
        return str(source.door.hub_files().info(name)["blob_id"])
    return local_key(name)


def find_config(source: Source, name: str) -> CardConfig:
    """The config of that name in the README."""
    for config in source.card.configs:
        if config.name == name:
            return config
    return source.card.configs[0]
