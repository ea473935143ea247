"""Pictures and sounds that are nearly the same: in another format, size, compression, rate; and those that are not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from datasets import Features, Value
from datasets import Image as Picture
from PIL import Image, ImageDraw, ImageFilter

from tests.support.data import parquet, write


def scene(seed: int) -> Image.Image:
    """Shapes on a ground that changes: no two seeds look alike."""
    lot = np.random.default_rng(seed)
    ground = Image.fromarray(lot.integers(0, 256, (4, 6, 3), np.uint8)).resize((240, 160), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(ground)
    for _ in range(12):
        x, y, size = int(lot.integers(0, 200)), int(lot.integers(0, 130)), int(lot.integers(8, 50))
        draw.ellipse((x, y, x + size, y + size), fill=tuple(int(one) for one in lot.integers(0, 256, 3)))
    return ground


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def melody(seed: int, rate: int = 16_000, seconds: float = 3.0) -> np.ndarray:
    """Tones that change; the same tune at any rate."""
    lot = np.random.default_rng(seed)
    time = np.arange(int(rate * seconds)) / rate
    tones = lot.uniform(150, 2_500, 24)
    return 0.4 * np.sin(2 * np.pi * np.cumsum(tones[(time / seconds * 24).astype(int)]) / rate)


def sounding(samples: np.ndarray, rate: int, form: str, subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=form, subtype=subtype)
    return out.getvalue()


def pairs(dspreview: Any, *words: str | Path) -> set[tuple[str, str | None, int]]:
    found = dspreview("check", *words, "--json").json["findings"]
    return {
        (one["code"], one["file"], one["row"]) for one in found if one["code"] in {"near-duplicate", "leakage-input"}
    }


COPIES = {
    "the same": lambda one: encoded(one, "PNG"),
    "as JPEG": lambda one: encoded(one, "JPEG", quality=60),
    "half as large": lambda one: encoded(one.resize((120, 80), Image.Resampling.LANCZOS), "PNG"),
    "a little darker": lambda one: encoded(one.point(lambda value: int(value * 0.93)), "PNG"),
    "a little blurred": lambda one: encoded(one.filter(ImageFilter.GaussianBlur(1)), "WEBP", quality=70),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_picture_is_found_however_it_was_saved(how: str, tmp_path: Path, dspreview: Any) -> None:
    files = {f"train/{seed}.png": encoded(scene(seed), "PNG") for seed in range(8)}
    files |= {f"test/{seed}.png": encoded(scene(seed), "PNG") for seed in range(20, 23)}
    data = write(tmp_path / "d", files | {"test/copy.png": COPIES[how](scene(5))})
    assert pairs(dspreview, data, "--near-duplicates", "0.8") == {("near-duplicate", "test/copy.png", 3)}


def test_pictures_of_a_benchmark_in_parquet(tmp_path: Path, dspreview: Any) -> None:
    def table(pictures: list[bytes], **columns: list[str]) -> bytes:
        rows = [{"bytes": one, "path": None} for one in pictures]
        features = Features({"image": Picture(), **{name: Value("string") for name in columns}})
        return parquet(pa.table({"image": rows, **columns}, schema=features.arrow_schema))

    shown = [encoded(scene(seed), "JPEG") for seed in range(4)]
    captions = [
        " ".join(f"{word}{seed}" for word in ("circles", "over", "a", "coloured", "ground")) for seed in range(4)
    ]
    own = write(tmp_path / "d", {"train.parquet": table(shown, caption=captions)})
    bench = write(tmp_path / "b", {"test.parquet": table([encoded(scene(9), "PNG"), encoded(scene(2), "PNG")])})
    assert pairs(dspreview, own, "--against-data", bench) == {("near-duplicate", "train.parquet", 2)}
    assert pairs(dspreview, own, "--near-duplicates", "0.8") == set()


def test_blank_pictures_and_small_figures_are_not_alike(tmp_path: Path, dspreview: Any) -> None:
    """Blank pages say nothing; figures on black share most of their pixels, and are not the same."""
    files = {f"train/blank{n}.png": encoded(Image.new("L", (50, 50), n), "PNG") for n in (0, 128, 255)}
    for number in range(6):
        figure = Image.new("L", (28, 28))
        ImageDraw.Draw(figure).line(
            [(4 + 3 * number, 4), (22 - 3 * number, 24), (6, 6 + 2 * number)], fill=255, width=3
        )
        files[f"test/{number}.png"] = encoded(figure, "PNG")
    assert pairs(dspreview, write(tmp_path / "d", files), "--near-duplicates", "0.8") == set()


@pytest.mark.parametrize(
    ("rate", "form", "subtype"), [(16_000, "FLAC", None), (44_100, "WAV", None), (16_000, "OGG", "VORBIS"), (22_050, "MP3", None)]
)  # fmt: skip
def test_a_sound_is_found_however_it_was_saved(
    rate: int, form: str, subtype: str | None, tmp_path: Path, dspreview: Any
) -> None:
    ending = form.lower()
    files = {f"train/{seed}.wav": sounding(melody(seed), 16_000, "WAV") for seed in range(5)}
    files |= {f"test/{seed}.wav": sounding(melody(seed), 16_000, "WAV") for seed in (20, 21)}
    data = write(tmp_path / "d", files | {f"test/x.{ending}": sounding(melody(3, rate), rate, form, subtype), "test/silent.wav": sounding(np.zeros(16_000), 16_000, "WAV"), "train/silent.wav": sounding(np.zeros(16_000), 16_000, "WAV")})  # fmt: skip
    found = pairs(dspreview, data, "--near-duplicates", "0.8")
    assert {(code, file) for code, file, _ in found} == {("near-duplicate", f"test/x.{ending}")}
