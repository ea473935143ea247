"""Layouts of datasets as their tools write them: pictures with boxes, robots' episodes, sentences, logs."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dspreview import errors
from tests.support.recognised import Seen, picture, write


def test_tasks_stay_tasks_and_texts_beside_data_are_none(tmp_path: Path, settings: Any) -> None:
    for name in ("one", "two"):
        write(tmp_path / "tasks" / name / "task.toml", 'schema_version = "1.0"\n')
        write(tmp_path / "tasks" / name / "instruction.md", f"Do {name}\n")
    assert [row["name"] for row in Seen(tmp_path / "tasks", settings()).rows(split="test")] == ["one", "two"]
    write(tmp_path / "d/t.csv", "a\n1\n")
    for name in ("a.md", "b.md", "c.toml"):
        write(tmp_path / "d" / "docs" / name, "x")
    assert Seen(tmp_path / "d", settings()).rows() == [{"a": 1}]


VIDEO = "\0\0\0\x18ftypisom\0\0\2\0isomiso2"
"""How a file in the form of MPEG-4 begins (ISO/IEC 14496-12, 4.3)."""
FEATURES = {"observation.image": {"dtype": "video"}, "action": {"dtype": "float32", "shape": [2]}}


def frames(path: Path, episodes: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"action": [[0.0, 1.0]] * len(episodes), "episode_index": episodes, "index": list(range(len(episodes)))}
    pq.write_table(pa.table(rows), path)


def test_lerobot_of_version_2(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    info = {"codebase_version": "v2.1", "total_frames": 3, "chunks_size": 1000, "features": FEATURES,
            "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"}  # fmt: skip
    write(place / "meta/info.json", info)
    write(
        place / "meta/episodes.jsonl",
        "".join(json.dumps({"episode_index": n, "tasks": ["pick"], "length": 2 - n}) + "\n" for n in (0, 1)),
    )
    for number, part in enumerate(([0, 0], [1])):
        frames(place / f"data/chunk-000/episode_{number:06d}.parquet", part)
        write(place / f"videos/chunk-000/observation.image/episode_{number:06d}.mp4", VIDEO)
    seen = Seen(place, settings())
    assert seen.taken_for == "LeRobot dataset"
    assert seen.splits == {"frames": ["train"], "episodes": ["train"]}
    assert [row["episode_index"] for row in seen.rows("frames")] == [0, 0, 1]
    first = seen.rows("episodes")[0]
    assert {**first, "observation.image": bool(first["observation.image"])} == {
        "episode_index": 0, "tasks": ["pick"], "length": 2, "observation.image": True,
    }  # fmt: skip


def test_lerobot_of_version_3(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    info = {
        "codebase_version": "v3.0",
        "total_frames": 3,
        "features": FEATURES,
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    }
    write(place / "meta/info.json", info)
    frames(place / "data/chunk-000/file-000.parquet", [0, 0, 1])
    told = {
        "episode_index": [0, 1],
        "length": [2, 1],
        "videos/observation.image/chunk_index": [0, 0],
        "videos/observation.image/file_index": [0, 2],
    }
    (place / "meta/episodes/chunk-000").mkdir(parents=True)
    pq.write_table(pa.table(told), place / "meta/episodes/chunk-000/file-000.parquet")
    write(place / "videos/observation.image/chunk-000/file-002.mp4", VIDEO)
    rows = Seen(place, settings()).rows("episodes")
    assert [bool(row["observation.image"]) for row in rows] == [False, True]
    assert [row["length"] for row in rows] == [2, 1]


def test_all_fields_of_conllu(tmp_path: Path, settings: Any) -> None:
    text = (
        "# sent_id = s1\n# text = They buy books.\n"
        "1-2\tThey buy\t_\t_\t_\t_\t_\t_\t_\t_\n1\tThey\tthey\tPRON\tPRP\tCase=Nom\t2\tnsubj\t_\t_\n2\tbuy\tbuy\tVERB\tVBP\t_\t0\troot\t_\tSpaceAfter=No\n\n"
        "# sent_id = s2\n1\t_\t_\tSYM\t_\t_\t0\troot\t_\t_\n"
    )
    write(tmp_path / "d/train.conllu", text)
    seen = Seen(tmp_path / "d", settings())
    first, second = seen.rows()
    assert first["text"] == "They buy books."
    assert first["form"] == ["They buy", "They", "buy"]
    assert first["head"] == [None, 2, 0]
    assert first["feats"] == [None, "Case=Nom", None]
    assert (second["sent_id"], second["text"], second["form"]) == ("s2", None, ["_"])


def test_fields_of_the_shared_task_of_2003(tmp_path: Path, settings: Any) -> None:
    write(tmp_path / "d/test.conll", "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n")
    seen = Seen(tmp_path / "d", settings())
    assert seen.rows() == [
        {
            "tokens": ["EU", "rejects"],
            "pos_tags": ["NNP", "VBZ"],
            "chunk_tags": ["B-NP", "B-VP"],
            "ner_tags": ["B-ORG", "O"],
        }
    ]
    write(tmp_path / "d/test.conll", "EU NNP\nrejects\n")
    with pytest.raises(errors.UnreadableDataError, match="line 2 has 1 fields, and 2"):
        Seen(tmp_path / "d", settings()).page()


def test_logs_of_inspect_packed_with_zstd_and_with_any_id(tmp_path: Path, settings: Any) -> None:
    from backports.zstd import zipfile as zstd_zip  # as the tool itself writes them

    for packed, made in ((zipfile.ZIP_DEFLATED, zipfile.ZipFile), (zstd_zip.ZIP_ZSTANDARD, zstd_zip.ZipFile)):
        buffer = io.BytesIO()
        with made(buffer, "w", packed) as archive:
            archive.writestr("header.json", json.dumps({"status": "success"}))
            for ident, epoch in (("geo/x", 1), (2, 1), (10, 1), (2, 2)):
                sample = {
                    "id": ident,
                    "epoch": epoch,
                    "input": "q",
                    "scores": {"match": {"value": "C"}},
                    "messages": [{"role": "user", "content": "q"}],
                }
                archive.writestr(f"samples/{ident}_epoch_{epoch}.json", json.dumps(sample))
        (tmp_path / "d").mkdir(exist_ok=True)
        (tmp_path / "d" / "a.eval").write_bytes(buffer.getvalue())
        seen = Seen(tmp_path / "d", settings())
        assert seen.splits == {"default": ["logs"]}
        rows = seen.rows(split="logs")
        assert [(row["id"], row["epoch"]) for row in rows] == [(2, 1), (10, 1), ("geo/x", 1), (2, 2)]
        assert rows[0]["scores"] == {"match": {"value": "C"}}


def test_the_header_of_a_log_is_told_beside_its_samples(tmp_path: Path, dspreview: Any) -> None:
    header = {
        "status": "success",
        "eval": {"task": "arithmetic", "model": "some/model-1", "created": "2026-11-30T10:00:00+00:00"},
        "results": {
            "scores": [{"name": "match", "metrics": {"accuracy": {"value": 0.84375}, "stderr": {"value": 0.02}}}]
        },
    }
    (tmp_path / "d").mkdir()
    for name, told in (("a.eval", header), ("b.eval", {"status": "error"}), ("c.eval", ["odd"])):
        with zipfile.ZipFile(tmp_path / "d" / name, "w") as archive:
            archive.writestr("header.json", json.dumps(told))
            archive.writestr("samples/1_epoch_1.json", json.dumps({"id": 1, "epoch": 1, "input": "1 + 1"}))
    found = dspreview("describe", tmp_path / "d", "--json").json
    assert found["about"] == [
        {"file": "a.eval", "task": "arithmetic", "model": "some/model-1", "status": "success",
         "scores": {"match accuracy": 0.84375, "match stderr": 0.02}},
        {"file": "b.eval", "status": "error"},
    ]  # fmt: skip
    text = dspreview("describe", tmp_path / "d").out
    assert (
        "  a.eval: task arithmetic · model some/model-1 · status success · match accuracy 0.8438 · match stderr 0.02\n"
        in text
    )
    assert "about" not in dspreview("describe", tmp_path / "d" / "a.eval", "--json").json["card"]


def test_stata_with_labels(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "d").mkdir()
    frame = pd.DataFrame({"n": [1, 2], "s": ["a", "b"], "c": pd.Categorical(["yes", "no"])})
    frame.to_stata(tmp_path / "d" / "a.dta", write_index=False)
    assert Seen(tmp_path / "d", settings()).rows() == [{"n": 1, "s": "a", "c": "yes"}, {"n": 2, "s": "b", "c": "no"}]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("index.json", '{"shards": [{"format": "mds"}], "version": 2}', "mosaicml-streaming"),
        ("index.json", '{"chunks": [], "config": {}}', "litdata"),
        ("a.tfrecord", "x", "TFRecord"),
        ("a.mcap", "x", "MCAP"),
    ],
)
def test_what_is_known_and_not_read_is_told(name: str, text: str, words: str, tmp_path: Path, settings: Any) -> None:
    write(tmp_path / "d" / name, text)
    with pytest.raises(errors.UnreadableDataError, match=words):
        Seen(tmp_path / "d", settings())


def test_a_readme_with_configs_counts_more(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    write(place / "_annotations.coco.json", {"images": [], "annotations": [], "categories": []})
    picture(place / "a.png")
    write(place / "README.md", "---\nconfigs:\n- config_name: x\n  data_files: a.png\n---\n")
    seen = Seen(place, settings())
    assert (seen.taken_for, seen.splits) == ("", {"x": ["train"]})


def test_ordinary_folders_stay_what_they_are(tmp_path: Path, settings: Any) -> None:
    write(tmp_path / "d/labels.json", {"images": "a word"})
    write(tmp_path / "d/a.csv", "a\n1\n")
    write(tmp_path / "d/b.csv", "a\n2\n")
    assert Seen(tmp_path / "d", settings()).taken_for == ""


def test_all_that_datasets_counts_as_data_counts_here() -> None:
    from datasets import packaged_modules

    from dspreview.extract.recognised.signs import BESIDE, DATASETS_KNOWS, OURS

    theirs = {ending.lstrip(".").lower() for ending in packaged_modules._EXTENSION_TO_MODULE} | {"zip"}
    assert theirs - OURS - BESIDE - {"psv"} == DATASETS_KNOWS


def test_packages_that_messages_name_hold_the_modules_that_are_imported() -> None:
    from importlib.metadata import packages_distributions

    from dspreview.extract.format import FORMATS
    from dspreview.extract.hub.objects import PACKAGES
    from dspreview.extract.library.failures import EXTRAS
    from dspreview.extract.recognised.layouts import KINDS

    modules = {"biopython": "Bio", "pylance": "lance", "vortex-data": "vortex"}
    told = (
        {kind.package.partition("[")[0] for kind in KINDS}
        | {one.extra for one in FORMATS.values()}
        | set(EXTRAS.values())
        | {package for package, _ in PACKAGES.values()}
    )
    installed = packages_distributions()
    known = {name: installed.get(modules.get(name, name)) for name in told - {""}}
    assert {name: found for name, found in known.items() if found is not None and name not in found} == {}
    assert {"deltalake", "pyiceberg", "zarr", "h5py", "pyreadstat", "s3fs"} <= {
        name for name, found in known.items() if found
    }


def test_splits_tells_what_a_folder_was_taken_for(tmp_path: Path, dspreview: Any) -> None:
    write(tmp_path / "d/train.conllu", "1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n")
    found = dspreview("splits", tmp_path / "d", "--verbose")
    assert "read as a CoNLL file: its file train.conllu" in found.err


def test_episodes_of_each_split_with_their_times(tmp_path: Path, settings: Any) -> None:
    """Splits are ranges of episodes; a video that is not there is no null."""
    place, camera = tmp_path / "d", "observation.images.cam"
    info = {
        "codebase_version": "v3.0", "total_frames": 12, "chunks_size": 1000, "splits": {"train": "0:2", "test": "2:3"},
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4", "features": {camera: {"dtype": "video"}},
    }  # fmt: skip
    write(place / "meta/info.json", info)
    for folder, table in {
        "data": {"episode_index": [0] * 4 + [1] * 4 + [2] * 4, "index": range(12)},
        "meta/episodes": {
            "episode_index": range(3), f"videos/{camera}/chunk_index": [0] * 3, f"videos/{camera}/file_index": [0, 0, 1],
            f"videos/{camera}/from_timestamp": [0.0, 0.4, 0.0], f"videos/{camera}/to_timestamp": [0.4, 0.8, 0.4],
        },
    }.items():  # fmt: skip
        (place / folder / "chunk-000").mkdir(parents=True)
        pq.write_table(pa.table(table), place / folder / "chunk-000/file-000.parquet")
    (place / "videos" / camera / "chunk-000").mkdir(parents=True)
    (place / "videos" / camera / "chunk-000/file-000.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")
    seen = Seen(place, settings())
    assert seen.splits == {"frames": ["train", "test"], "episodes": ["train", "test"]}
    assert [row["index"] for row in seen.rows("frames", "test")] == [8, 9, 10, 11]
    rows = seen.rows("episodes")
    assert [(row[f"videos/{camera}/from_timestamp"], row[f"videos/{camera}/to_timestamp"]) for row in rows] == [(0.0, 0.4), (0.4, 0.8)]  # fmt: skip
    assert [row[camera]["type"] for row in rows] == ["video/mp4", "video/mp4"]
    page = seen.page("episodes", "test")
    assert [(note["row_idx"], note["column"]) for note in page.extra["cell_errors"]] == [(0, camera)]
