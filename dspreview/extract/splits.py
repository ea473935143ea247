"""The configs and splits of a dataset. Importing this costs `datasets`, 0.7 to 2 s."""

from __future__ import annotations

import datasets

from dspreview import errors
from dspreview.extract import hub, local
from dspreview.extract.card import CardConfig
from dspreview.extract.failures import explain
from dspreview.extract.hub import Description
from dspreview.extract.source import Plan, Source, make_plan, open_source, refuse_script
from dspreview.models import ConfigListing, DatasetRef, Kind, Listing, Resolved, SplitListing
from dspreview.settings import Settings

datasets.logging.set_verbosity(datasets.logging.CRITICAL)


def open_dataset(ref: DatasetRef, settings: Settings, at: Resolved | None = None) -> Source:
    """Resolve a dataset (or take it as it was resolved, `at` a revision) and read its README. Raises PreviewError."""
    if ref.kind is Kind.LOCAL:
        description = Description(at or local.resolve(ref), {})
    else:
        description = hub.describe(ref, settings, at=at)
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
    for config in source.card.configs:
        try:
            plan = make_plan(source, config)
        except Exception as error:
            failure = explain(error, source.asked, source, settings)
            if failure.exit_code == errors.EXIT_BUG or not failure.cacheable:
                raise failure from error
            failures.append(failure)
            configs.append(ConfigListing(config.name, error=errors.as_json(failure)))
        else:
            source.plans[plan.config.name] = plan
            configs.append(ConfigListing(plan.config.name, known_sizes(plan)))
    if failures and len(failures) == len(configs):
        failures[0].dataset = source.dataset
        raise failures[0]
    default = source.card.default_config
    names = [config.config for config in configs]
    return Listing(
        source.dataset, tuple(configs), default if default in names else names[0] if len(names) == 1 else None
    )


def known_sizes(plan: Plan) -> tuple[SplitListing, ...]:
    """The splits of a plan, with the sizes that the README knows; its zeros mean that it does not."""
    described = plan.config.info.splits if plan.config.info is not None else None
    listed = []
    for split in plan.files:
        info = described.get(split) if described else None
        listed.append(
            SplitListing(
                split,
                num_bytes=(getattr(info, "num_bytes", None) or None),
                num_examples=(getattr(info, "num_examples", None) or None),
            )
        )
    return tuple(listed)


def find_config(source: Source, name: str) -> CardConfig:
    """The config of that name in the README."""
    for config in source.card.configs:
        if config.name == name:
            return config
    return source.card.configs[0]
