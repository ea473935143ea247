"""WebDataset archives through the reader of `datasets`, with all fields of all samples: it knows those of the first five, and drops others.

Importing this replaces how it finds the features. Of an archive on this machine the names of all members are read, a few values of each
field, and all its JSON up to a limit; on the Hub the first samples tell.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

import datasets
import pyarrow as pa
from datasets import Features
from datasets.features.features import cast_to_python_objects
from datasets.packaged_modules.webdataset import webdataset as reader

from dspreview.extract.files.door import CURRENT
from dspreview.extract.library.features import features_of

FIRST = reader.WebDataset.NUM_EXAMPLES_FOR_FEATURES_INFERENCE
"""Samples that `datasets` looks at."""
MOST_MEMBERS, MOST_BYTES = 200_000, 32_000_000
"""Members whose names are read, and bytes of values that are looked at for their types."""
MEDIA = {"Image": reader.WebDataset.IMAGE_EXTENSIONS, "Audio": reader.WebDataset.AUDIO_EXTENSIONS, "Video": reader.WebDataset.VIDEO_EXTENSIONS, "Mesh": reader.WebDataset.MESH_EXTENSIONS}  # fmt: skip
OWN = ("__key__", "__url__")
Sample = dict[str, Any]


def split_generators(self: Any, manager: Any) -> list[datasets.SplitGenerator]:
    """The splits, as `_split_generators` of `datasets`, and the features of all samples of the first archive."""
    found = []
    for split, paths in manager.download(self.config.data_files).items():
        iterators = [manager.iter_archive(path) for path in paths]
        found.append(datasets.SplitGenerator(split, {"tar_paths": paths, "tar_iterators": iterators}))
        if not self.info.features:
            first = list(islice(self._get_pipeline_from_tar(paths[0], iterators[0]), FIRST))
            self.info.features = features_in(first, [*first, *later_samples(self, paths[0], first)])
    return found


def features_in(first: list[Sample], samples: list[Sample]) -> Features:
    """The features of all samples; what `datasets` refuses or drops of them is noted.

    Args:
        first: those that it looks at.
        samples: these and others, of which only some fields may be there.

    """
    names = dict.fromkeys(name for sample in samples for name in sample if name not in OWN)
    schema = schema_of(samples)
    found = features_of(pa.schema([schema.field(name) for name in (*names, *OWN)]))
    for name in names:
        ending = name.rpartition(".")[2].lower()
        if schema.field(name).type == pa.json_():
            found[name] = datasets.Json()
            note_mixed(name)
        for kind, endings in MEDIA.items():
            if ending in endings:
                found[name] = getattr(datasets, kind)()
    if (door := CURRENT.get()) is not None and first:
        odd = next((one for one in first if one.keys() != first[0].keys()), None)
        if odd is not None:
            (name, *_) = sorted(odd.keys() ^ first[0].keys())
            lacks, has = (odd, first[0]) if name in first[0] else (first[0], odd)
            door.beyond_library = (
                f"sample {has['__key__']!r} has a member .{name}, and sample {lacks['__key__']!r} has none"
            )
        else:
            door.dropped = dropped(schema_of(first), schema, samples)
    return found


def schema_of(samples: list[Sample]) -> pa.Schema:
    """The schema of samples; a field with values of several kinds is JSON."""
    tables = [pa.Table.from_pylist([cast_to_python_objects(one, only_1d_for_numpy=True)]) for one in samples]
    fields: dict[str, pa.Field] = {}
    for name in dict.fromkeys(name for table in tables for name in table.column_names):
        parts = [table.select([name]) for table in tables if name in table.column_names]
        try:
            fields[name] = pa.concat_tables(parts, promote_options="permissive").schema.field(name)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            fields[name] = pa.field(name, pa.json_())
    return pa.schema(fields.values())


def note_mixed(name: str) -> None:
    """Remember that `datasets` fails at a value of another kind than those of the first samples."""
    if (door := CURRENT.get()) is not None:
        door.beyond_library = f"the members .{name} hold values of several kinds"


def dropped(known: pa.Schema, whole: pa.Schema, samples: list[Sample]) -> str:
    """The first field, or key of JSON, that only later samples have; nothing where there is none."""
    for field in whole:
        sample = next(one for one in samples if field.name in one)
        if field.name not in known.names:
            return f"its first {FIRST} samples have no member .{field.name}, as sample {sample['__key__']!r} has"
        before = known.field(field.name).type
        if pa.types.is_struct(field.type) and pa.types.is_struct(before):
            for key in {one.name for one in field.type} - {one.name for one in before}:
                later = next(one for one in samples if key in (one.get(field.name) or ()))
                return f"the member .{field.name} of its first {FIRST} samples has no key {key!r}, as that of sample {later['__key__']!r} has"
    return ""


def later_samples(self: Any, path: str, first: list[Sample]) -> Iterator[Sample]:
    """Samples behind the first ones with some of their members: a few of each field, and JSON; none of an archive that is packed or elsewhere."""
    door = CURRENT.get()
    if door is None or "://" in path or len(first) < FIRST:
        return
    with door.open(path) as file:
        try:
            chosen = list(chosen_members(file, {one["__key__"] for one in first}))
        except tarfile.TarError:  # whoever reads the rows tells
            return
    yield from self._get_pipeline_from_tar(path, chosen)


def chosen_members(file: Any, known: set[str]) -> Iterator[tuple[str, io.BytesIO]]:
    """Members of samples that are not known yet, as far as their values tell of types. Raises tarfile.TarError."""
    seen: dict[str, int] = {}
    size = 0
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in islice(archive, MOST_MEMBERS):
            key, name = reader.base_plus_ext(member.name)
            if key is None or key in known or not member.isfile():
                continue
            ending = name.rpartition(".")[2].lower()
            seen[name] = seen.get(name, 0) + 1
            if any(ending in endings for endings in MEDIA.values()):  # bytes, whatever they are
                if seen[name] == 1:
                    yield member.name, io.BytesIO()
            elif (seen[name] <= FIRST or ending == "json") and size + member.size <= MOST_BYTES:
                size += member.size
                content = archive.extractfile(member)
                yield member.name, io.BytesIO(content.read() if content is not None else b"")


def pipeline(cls: Any, path: str, members: Any) -> Iterator[Sample]:
    """The samples of an archive, as `_get_pipeline_from_tar`. Raises ValueError, which names the sample and the member that cannot be read."""
    at = ""

    def named() -> Iterator[tuple[str, Any]]:
        nonlocal at
        for name, content in members:
            at = name
            yield name, content

    try:
        yield from samples_of(cls, path, named())
    except ValueError as error:  # of JSON, UTF-8 and numpy, which say only where in the member
        key, _ = reader.base_plus_ext(at)
        raise ValueError(f"sample {key!r}, member {at}: {error}") from error


samples_of = reader.WebDataset._get_pipeline_from_tar.__func__  # noqa: SLF001 - what is replaced is private, and pinned by tests
reader.WebDataset._get_pipeline_from_tar = classmethod(pipeline)  # noqa: SLF001 - what is replaced is private, and pinned by tests
reader.WebDataset._split_generators = split_generators  # noqa: SLF001 - what is replaced is private, and pinned by tests
