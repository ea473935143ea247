"""The datasets of the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dspreview.extract.hub.failures import translate
from dspreview.models import Json
from dspreview.settings import Settings

FIELDS = ("tags", "citation", "description", "paperswithcode_id", "downloads")
BRIEF = ["sha", "private"]


def list_hub(
    settings: Settings,
    *,
    author: str | None,
    search: str | None,
    tags: Sequence[str],
    sort: str | None,
    limit: int | None,
    details: bool,
) -> Iterator[dict[str, Json]]:
    """Each public dataset that fits, a page of the Hub at a time: its id and commit.

    With `details` also what describes it, null where the Hub gives nothing: a hundred times as much to send.

    Raises HubError, UsageError.
    """
    from huggingface_hub import HfApi

    api = HfApi(endpoint=settings.hf_endpoint, token=settings.hf_token or False, library_name="dspreview")
    try:
        for info in api.list_datasets(
            author=author,
            search=search,
            filter=list(tags) or None,
            sort=sort,  # type: ignore[arg-type]
            limit=limit,
            expand=[*BRIEF, *(FIELDS if details else ())],  # type: ignore[list-item]
        ):
            if not info.private:
                found = {name: getattr(info, name, None) for name in FIELDS} if details else {}
                yield {"id": info.id, **found, "sha": info.sha}
    except Exception as error:  # what is not the Hub's comes back as it is
        raise translate(error, "the list of datasets", settings) from error
