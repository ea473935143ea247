"""Answers about a whole dataset: recompute it, or say whether it gives rows."""

from __future__ import annotations

from collections.abc import Iterator

from dspreview import errors
from dspreview.choice import choose, choose_config
from dspreview.models import DatasetRef, SplitId
from dspreview.preview.reading import Preview
from dspreview.slices import refuse_part


def refresh(
    preview: Preview, ref: DatasetRef, config: str | None, split: str | None
) -> Iterator[tuple[str, str | None, errors.PreviewError | None]]:
    """Recompute a dataset, a config or a split; each split with its failure, if any, as it is done.

    A config that cannot be listed comes without a split. Raises StoreError where nothing can be stored.
    """
    entry = preview.list_again(ref, preview.store.cache.find_dataset(ref), force=True)
    listing = preview.store.cache.read_listing(entry)
    if split is not None:
        refuse_part(ref.asked, split)
        wanted = [choose(listing, config, split, ref.asked).names]
    else:
        configs = listing.configs if config is None else (choose_config(listing, config, ref.asked),)
        wanted = [SplitId(one.config, place.split) for one in configs for place in one.splits]
        for one in configs:
            if one.error:
                yield one.config, None, errors.restore(one.error)
    silent: errors.HubSilentError | None = None
    for names in wanted:
        preview.keeper.must_store()
        if silent is not None:
            yield (
                *names,
                errors.HubSilentError(f"{ref.asked} {'/'.join(names)}: not tried, since the Hub fell silent"),
            )
            continue
        found = preview.store.cache.find_split(entry, *names)
        if found is None:
            continue
        try:
            preview.compute_page(ref, entry, found, force=True)
        except errors.PreviewError as error:
            silent = error if isinstance(error, errors.HubSilentError) else None
            yield (*names, error)
        else:
            yield (*names, None)
    preview.keeper.must_store()


def is_valid(preview: Preview, ref: DatasetRef, config: str | None = None, split: str | None = None) -> bool:
    """Whether some split of a dataset (of a config, or that split) gives rows.

    Raises PreviewError where nobody can tell.
    """
    try:
        listing = preview.splits(ref)
        configs = listing.configs if config is None else (choose_config(listing, config, ref.asked),)
    except errors.DatasetError:
        return False
    wanted = [SplitId(one.config, place.split) for one in configs for place in one.splits]
    if split is not None:
        refuse_part(ref.asked, split)
        wanted = [choose(listing, config, split, ref.asked).names]
    unknown: errors.PreviewError | None = None
    for names in wanted:
        if isinstance(unknown, errors.HubSilentError):
            preview.use_cache_only()
        try:
            if preview.page(ref, *names).page.num_rows:
                return True
        except errors.MissingPackageError as error:
            unknown = error
        except errors.DatasetError:
            continue
        except errors.PreviewError as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return False
