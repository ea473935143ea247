"""The endpoints of the hosted viewer, in its shapes, so that its clients work with this server; from the cache alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dspreview import errors
from dspreview.documents.page import Selection, page_document
from dspreview.feature import Feature
from dspreview.local import root_of
from dspreview.models import PAGE_LENGTH, DatasetRef, Json, Resolved, SplitId, dump
from dspreview.page.row_lines import RowLines
from dspreview.query.table import Part, Request, Table
from dspreview.serve.answers import FARTHEST, Answering, HttpAnswer, Parameters, failed, number, required
from dspreview.serve.headers import cache_control
from dspreview.serve.shown import Shown, ShownPreview, reference
from dspreview.store.database import translated

FILES = "/parquet-files/"
"""What the addresses of Parquet files on this machine begin with."""


class Known(NamedTuple):
    """What the cache knows of a split."""

    names: SplitId
    num_bytes: int | None
    num_rows: int | None
    table: Table | None
    """Its Parquet, where it is on this machine or was looked into."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files that hold its rows; none where what was converted only names pictures or sounds on this machine."""
        if self.table is None:
            return ()
        names_files = any(Feature(one.feature).holds_assets() for one in self.table.columns)
        return () if self.table.origin == "derived" and names_files else self.table.parts


class Viewer:
    """Each answers from the cache alone."""

    def __init__(self, shown: Shown) -> None:
        self.shown, self.settings = shown, shown.settings
        self.answering = Answering(shown.settings)

    def routes(self) -> list[Route]:
        """Paths and what answers them."""
        long = self.settings.max_age_long_seconds
        return [
            Route("/first-rows", self.answering(self.first_rows, long)),
            Route("/search", self.answering(self.search, long)),
            Route("/statistics", self.answering(self.statistics, long)),
            Route("/size", self.answering(self.size, long)),
            Route("/info", self.answering(self.info, long)),
            Route("/parquet", self.parquet_here),
            Route(FILES + "{dataset:path}/--/{config}/{split}/{name}", self.parquet_file),
        ]

    def first_rows(self, asked: Parameters) -> HttpAnswer:
        """The first rows of a split."""
        dataset, config, split = required(asked, "dataset", "config", "split")
        with self.shown.preview() as preview:
            ref = reference(dataset)
            page = preview.page(ref, config, split).page
            rows = RowLines.parse(page.rows)
            truncated = rows.is_cut or page.num_rows_total is None or page.num_rows_total > page.num_rows
            text = (
                f'{{"dataset":{dump(ref.asked)},"config":{dump(config)},"split":{dump(split)},"features":{page.features},'
                f'"rows":{rows.text},"truncated":{dump(truncated)}}}'
            )
            return HttpAnswer.about(preview.dataset(ref).dataset, text)

    def search(self, asked: Parameters) -> HttpAnswer:
        """The rows that hold words, best first."""
        dataset, config, split, query = required(asked, "dataset", "config", "split", "query")
        offset, length = number(asked, "offset", FARTHEST, 0), number(asked, "length", PAGE_LENGTH, PAGE_LENGTH)
        request = Request("", "", offset, length)
        with self.shown.preview() as preview:
            ref = reference(dataset)
            ask = self.shown.asking(preview, ref, config, split)
            found = ask(lambda queries: queries.search(ref, config, split, query, "any", request))
            text = page_document(found, Selection(None, 0, PAGE_LENGTH), {}, max_bytes=self.settings.rows_max_bytes)
            return HttpAnswer.about(preview.dataset(ref).dataset, text)

    def statistics(self, asked: Parameters) -> HttpAnswer:
        """The statistics of a split, by the names of the columns."""
        dataset, config, split = required(asked, "dataset", "config", "split")
        with self.shown.preview() as preview:
            ref = reference(dataset)
            found = self.shown.statistics(preview, ref, (config, split))
            if found is None:
                command = errors.command("stats", ref.word, config, split)
                raise errors.NotCachedError(f"{ref.asked} {config}/{split}: no statistics here; run: {command}")
            told = sorted(found["statistics"], key=lambda one: str(one["column_name"]))
            document = {"num_examples": found["num_examples"], "statistics": told, "partial": found["partial"]}
            return HttpAnswer.about(preview.dataset(ref).dataset, dump(document))

    def size(self, asked: Parameters) -> HttpAnswer:
        """Rows and bytes of a dataset, its configs and splits."""
        with self.opened(asked) as (preview, ref, known, failures):
            splits = [size_of(ref, one, columns_of(preview, ref, one)) for one in known]
            configs = [total_of(ref, name, splits) for name in dict.fromkeys(one.names.config for one in known)]
            pending = [one for one in known if one.num_rows is None]
            if asked.get("config", "").strip():
                body: dict[str, Json] = {"size": {"config": configs[0] if configs else None, "splits": splits}}
            else:
                whole = {"dataset": ref.asked} | summed(
                    splits, "num_bytes_parquet_files", "num_bytes_memory", "num_rows"
                )
                body = {"size": {"dataset": whole, "configs": configs, "splits": splits}} | told(ref, pending, failures)
            body["partial"] = any(one.table is not None and one.table.partial for one in known)
            return HttpAnswer.about(preview.dataset(ref).dataset, dump(body))

    def info(self, asked: Parameters) -> HttpAnswer:
        """Features and splits of each config, as `DatasetInfo` has them."""
        with self.opened(asked) as (preview, ref, known, failures):
            infos: dict[str, Json] = {}
            pending = []
            for one in known:
                tree = features_of(preview, ref, one.names)
                if tree is None:
                    pending.append(one)
                    continue
                name = ref.name.rstrip("/").rpartition("/")[2]
                info = infos.setdefault(
                    one.names.config,
                    {"features": tree, "config_name": one.names.config, "dataset_name": name, "splits": {}},
                )
                info["splits"][one.names.split] = {
                    "name": one.names.split, "num_bytes": one.num_bytes, "num_examples": one.num_rows, "dataset_name": name,
                }  # fmt: skip
            partial = any(one.table is not None and one.table.partial for one in known)
            if config := asked.get("config", "").strip():
                body: dict[str, Json] = {"dataset_info": infos.get(config)}
            else:
                body = {"dataset_info": infos} | told(ref, pending, failures)
            return HttpAnswer.about(preview.dataset(ref).dataset, dump(body | {"partial": partial}))

    def parquet_here(self, request: HttpRequest) -> Response:
        """The Parquet files of a dataset: those of the Hub where they lie, others from this server."""
        base = str(request.base_url).rstrip("/")
        return self.answering(lambda asked: self.parquet(asked, base), self.settings.max_age_long_seconds)(request)

    def parquet(self, asked: Parameters, base: str) -> HttpAnswer:
        """The list of them."""
        with self.opened(asked) as (preview, ref, known, failures):
            dataset = preview.dataset(ref).dataset
            files = [
                {
                    "dataset": ref.asked, "config": one.names.config, "split": one.names.split,
                    "url": self.url_of(base, dataset, ref, one, place), "filename": f"{place:04}.parquet", "size": part.size,
                }
                for one in sorted(known, key=lambda one: one.names)
                for place, part in enumerate(one.parts)
            ]  # fmt: skip
            pending = [one for one in known if not one.parts]
            partial = any(one.table is not None and one.table.partial for one in known)
            document = {"parquet_files": files} | told(ref, pending, failures) | {"partial": partial}
            return HttpAnswer.about(dataset, dump(document))

    def url_of(self, base: str, dataset: Resolved, ref: DatasetRef, one: Known, place: int) -> str:
        """Where a file is read."""
        path = one.parts[place].path
        root = root_of(dataset)
        if path.startswith(f"{root}/") and "://" in path:
            if not path.startswith("hf://"):
                return path.partition("#")[0]
            inner = quote(path.removeprefix(f"{root}/"))
            return f"{self.settings.hf_endpoint}/datasets/{dataset.name}/resolve/{dataset.revision}/{inner}"
        names = "/".join(quote(name, safe="") for name in one.names)
        return f"{base}{FILES}{quote(ref.asked, safe='')}/--/{names}/{place:04}.parquet"

    def parquet_file(self, request: HttpRequest) -> Response:
        """A Parquet file on this machine."""
        asked = {name: str(value) for name, value in request.path_params.items()}
        stem = asked["name"].removesuffix(".parquet")
        try:
            with translated(self.settings.dspreview_database), self.opened(asked) as (preview, ref, known, _):
                dataset = preview.dataset(ref).dataset
                found = next((one for one in known if one.names == (asked["config"], asked["split"])), None)
                place = int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else -1
                parts = found.parts if found is not None else ()
                path = parts[place].path if 0 <= place < len(parts) else ""
                if not path or "://" in path or not os.path.isfile(path):
                    raise errors.NotCachedError(f"{ref.asked}: there is no such Parquet file here")
        except errors.PreviewError as error:
            return failed(error, self.settings.max_age_short_seconds)
        public = HttpAnswer.about(dataset, "").public
        headers = {"cache-control": cache_control(self.settings.max_age_long_seconds, public=public).decode()}
        return FileResponse(path, media_type="application/vnd.apache.parquet", headers=headers)

    @contextmanager
    def opened(self, asked: Parameters) -> Iterator[tuple[ShownPreview, DatasetRef, list[Known], list[Json]]]:
        """What the cache knows of the splits of a dataset, or of one config, and the configs that cannot be listed. Raises PreviewError."""
        (dataset,) = required(asked, "dataset")
        only = asked.get("config", "").strip()
        with self.shown.preview() as preview:
            ref = reference(dataset)
            listing = preview.splits(ref)
            configs = [one for one in listing.configs if only in {"", one.config}]
            if not configs:
                names = ", ".join(one.config for one in listing.configs)
                raise errors.ConfigNotFoundError(f"{ref.asked}: no config {only!r}; there are: {names}")
            failures: list[Json] = [
                {"dataset": ref.asked, "config": one.config, "error": one.error} for one in configs if one.error
            ]
            known = [
                self.known(preview, ref, SplitId(one.config, part.split), part.num_bytes, part.num_examples)
                for one in configs
                for part in one.splits
            ]
            yield preview, ref, known, failures

    def known(
        self, preview: ShownPreview, ref: DatasetRef, names: SplitId, num_bytes: int | None, told: int | None
    ) -> Known:
        """What the cache knows of a split."""
        table = self.shown.table(preview, ref, names)
        return Known(names, num_bytes, table.num_rows if table is not None else told, table)


def features_of(preview: ShownPreview, ref: DatasetRef, names: SplitId) -> dict[str, Json] | None:
    """The features of a split whose page is stored."""
    try:
        page = preview.page(ref, *names).page
    except errors.PreviewError:  # it is pending, or has failed: told so
        return None
    return {one["name"]: one["type"] for one in json.loads(page.features)}


def columns_of(preview: ShownPreview, ref: DatasetRef, one: Known) -> int | None:
    """How many columns a split has, where that is known."""
    if one.table is not None:
        return len(one.table.columns)
    found = features_of(preview, ref, one.names)
    return None if found is None else len(found)


def size_of(ref: DatasetRef, one: Known, columns: int | None) -> dict[str, Json]:
    """The size of a split."""
    size = sum(part.size for part in one.table.parts) if one.table is not None else None
    return {
        "dataset": ref.asked, "config": one.names.config, "split": one.names.split, "num_bytes_parquet_files": size,
        "num_bytes_memory": one.num_bytes, "num_rows": one.num_rows, "num_columns": columns,
    }  # fmt: skip


def total_of(ref: DatasetRef, config: str, splits: list[dict[str, Json]]) -> dict[str, Json]:
    """The size of a config."""
    own = [one for one in splits if one["config"] == config]
    columns = [one["num_columns"] for one in own if one["num_columns"] is not None]
    sums = summed(own, "num_bytes_parquet_files", "num_bytes_memory", "num_rows")
    return {"dataset": ref.asked, "config": config} | sums | {"num_columns": max(columns, default=None)}


def summed(parts: list[dict[str, Json]], *names: str) -> dict[str, Any]:
    """Sums of numbers; of what is not known everywhere there is none."""
    values = {name: [one[name] for one in parts] for name in names}
    return {name: sum(found) if None not in found else None for name, found in values.items()}


def told(ref: DatasetRef, pending: list[Known], failures: list[Json]) -> dict[str, Json]:
    """Configs that are not known yet, and those that have failed."""
    names = dict.fromkeys(one.names.config for one in pending)
    return {"pending": [{"dataset": ref.asked, "config": name} for name in names], "failed": failures}
