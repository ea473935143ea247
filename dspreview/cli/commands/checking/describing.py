"""What a Croissant document is made from, and held against: configs with their files and columns."""

from __future__ import annotations

import json
import os
import tempfile

from dspreview import local
from dspreview.check.croissant.document import ConfigFiles, CroissantMade, Whereabouts, document_of
from dspreview.check.croissant.fields import DescribedColumn
from dspreview.check.reading import Reading
from dspreview.cli.call import Call
from dspreview.extract.layout.readme import local_card
from dspreview.folders import folder_file, read_toml
from dspreview.models import DatasetRef, Json, SplitId
from dspreview.preview import Preview


def files_of(preview: Preview, ref: DatasetRef) -> list[ConfigFiles]:
    """The configs of a dataset. Raises PreviewError."""
    listing, dataset = preview.splits(ref), preview.dataset(ref).dataset
    configs = []
    with tempfile.TemporaryDirectory(prefix="dspreview-") as folder:
        for config in listing.configs:
            splits, columns, media = dict[str, tuple[str, ...]](), list[DescribedColumn](), False
            for split in config.splits:
                names = SplitId(config.config, split.split)
                reading = Reading(preview.extractor, ref, dataset, names, folder)
                splits[split.split] = tuple(reading.shorten(path) for path in reading.files)
                media = reading.format.is_media_folder
                if not columns:
                    page = preview.page(ref, *names).page
                    columns = [DescribedColumn(one["name"], one["type"]) for one in json.loads(page.features)]
            configs.append(ConfigFiles(config.config, splits, columns, media))
    return configs


def root_of(preview: Preview, ref: DatasetRef) -> str:
    """The folder of a local dataset; empty for one of the Hub. Raises PreviewError."""
    dataset = preview.dataset(ref).dataset
    if dataset.is_remote:
        return ""
    return local.folder_of(dataset.name)


def card_of(preview: Preview, ref: DatasetRef) -> dict[str, Json]:
    """The YAML of the README. Raises PreviewError."""
    dataset = preview.dataset(ref).dataset
    if dataset.is_remote:
        return preview.extractor.describe(ref, dataset).card
    return local_card(root_of(preview, ref), ref.asked) if os.path.isdir(dataset.name) else {}


def described(call: Call, preview: Preview, ref: DatasetRef) -> CroissantMade:
    """The document of a dataset. Raises PreviewError."""
    configs, dataset = files_of(preview, ref), preview.dataset(ref).dataset
    path = folder_file() if call.folder else None
    told = read_toml(path).get("croissant", {}) if path is not None else {}
    root = root_of(preview, ref)
    source = Whereabouts(root) if root else Whereabouts("", f"{call.settings.hf_endpoint}/datasets/{dataset.name}")
    name = dataset.name.rstrip("/").rpartition("/")[2]
    return document_of(name, card_of(preview, ref), told if isinstance(told, dict) else {}, configs, source)
