"""What a page draws: distributions, cells, pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image as Pillow

from tests.serve.test_pages import Page, page_of
from tests.support.data import parquet, write
from tests.support.program import Program
from tests.support.server import Server


def cached(program: Program, path: Path, table: dict[str, object] | pa.Table) -> str:
    """A Parquet file in the cache."""
    path.write_bytes(parquet(table))
    assert program("rows", path, "--json").code == 0
    return str(path)


def test_distributions_say_what_they_count(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    from datasets import ClassLabel, Features, Value

    features = Features(
        {"l": ClassLabel(names=["neg", "pos"]), "u": Value("uint64"), "t": Value("string"), "b": Value("bool")}
    )
    rows = {
        "l": [0, 1, 5, -1, None] * 400,
        "u": [2**64 - 1 - n % 7 for n in range(2_000)],
        "t": ["u" * (n % 90 + 1) + str(n) for n in range(2_000)],
        "b": [n % 2 == 0 for n in range(2_000)],
    }
    path = cached(dspreview, tmp_path / "l.parquet", pa.table(rows, schema=features.arrow_schema))
    server = serve()
    first = [one["aria-label"] for one in page_of(server, dataset=path, split="train").all("svg")]
    assert first[0] == "Distribution of the first 100 rows: neg: 20; pos: 20; 5: 20; -1: 20; 20 null"
    assert str(2**64 - 1) in first[1]
    assert "characters" in first[2]
    assert dspreview("stats", path).code == 0
    whole = [one["aria-label"] for one in page_of(server, dataset=path, split="train").all("svg")]
    assert whole[0].startswith("Distribution of all 2,000 rows: neg: 400; pos: 400; 400 null; ")
    assert {"400 without label", "400 out of range"} & set(whole[0].split("; "))
    assert str(2**64 - 7) in whole[1]
    assert "characters" in whole[2]
    assert whole[3] in {
        "Distribution of all 2,000 rows: true: 1,000; false: 1,000",
        "Distribution of all 2,000 rows: false: 1,000; true: 1,000",
    }


def test_what_is_no_number_is_shown_as_such(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    path = cached(dspreview, tmp_path / "n.parquet", {"x": [1.5, float("nan"), float("inf"), float("-inf"), None]})
    page = page_of(serve(), dataset=path, split="train")
    assert {"1.5", "NaN", "Infinity", "-Infinity", "null"} <= set(page.words)
    table = dspreview("rows", path)
    assert [line.strip() for line in table.out.splitlines()[3:8]] == ["1.5", "NaN", "Infinity", "-Infinity", "null"]


def test_a_cut_text_is_not_measured(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    path = cached(dspreview, tmp_path / "t.parquet", {"t": ["x" * 150_000 + str(n) for n in range(12)]})
    assert page_of(serve(), dataset=path, split="train").all("svg") == []


def test_a_translation_into_src_is_text(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    from datasets import Features, Translation

    features = Features({"tr": Translation(languages=["src", "tgt"])})
    table = pa.table({"tr": [{"src": "assets/hello", "tgt": "world"}]}, schema=features.arrow_schema)
    path = cached(dspreview, tmp_path / "t.parquet", table)
    page = page_of(serve(), dataset=path, split="train")
    assert not [one for one in page.all("a") if "assets" in one["href"]]
    assert "world" in page.text


def test_marks_that_reorder_are_shown_and_those_that_join_stay(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    persian = "می\u200cخواهم"
    folder = write(tmp_path / "a\u202eb", {"a.csv": f"n\n{persian}\n"})
    assert dspreview("rows", folder).code == 0
    answer = serve().query("/view", dataset=folder, split="train")
    page = Page(answer.text)
    assert persian in page.words
    assert "\u202e" not in page.text
    assert "\\u202e" in page.text


def test_a_photo_on_its_side_has_the_size_that_is_seen(dspreview: Program, tmp_path: Path) -> None:
    import io

    exif = Pillow.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Pillow.new("RGB", (40, 20), (255, 0, 0)).save(buffer, "JPEG", exif=exif)
    write(tmp_path / "d", {"a.jpg": buffer.getvalue()})
    (row,) = dspreview("rows", tmp_path / "d", "--json").row_values
    assert (row["image"]["width"], row["image"]["height"]) == (20, 40)
    found = dspreview("filter", tmp_path / "d", "--where", '"image.height" = 40', "--json").json
    assert found["num_rows_total"] == 1


def test_numbers_of_pictures_are_not_clipped(dspreview: Program, tmp_path: Path) -> None:
    import io

    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    buffer = io.BytesIO()
    Pillow.fromarray(ramp).save(buffer, "TIFF")
    write(tmp_path / "d", {"a.tif": buffer.getvalue()})
    assert dspreview("rows", tmp_path / "d", "--json").code == 0
    (file,) = dspreview.assets.rglob("*.png")
    shown = np.asarray(Pillow.open(file).convert("L")).astype(float)
    assert np.abs(shown - ramp * 255).max() <= 1
