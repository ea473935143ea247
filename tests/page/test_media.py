"""Bytes to something a browser can show. Formats and sizes are read back by Pillow and soundfile."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from dspreview.page import pictures
from dspreview.page.media import convert
from dspreview.page.media_file import UndecodableError
from dspreview.page.pictures import pixels
from tests.support.data import MP4, PDF, picture, sound


@pytest.mark.parametrize(("kind", "extension"), [("PNG", ".png"), ("JPEG", ".jpg"), ("GIF", ".gif"), ("WEBP", ".webp")])
def test_what_a_browser_shows_stays_as_it_is(kind: str, extension: str) -> None:
    data = picture(kind=kind)
    media = convert("Image", data, None)
    assert (media.data, media.name) == (data, "image" + extension)
    assert media.facts == {"height": 6, "width": 8}


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "BMP"),
        ("RGB", "TIFF"),
        ("CMYK", "TIFF"),
        ("1", "TIFF"),
        ("I;16", "TIFF"),
        ("F", "TIFF"),
        ("LAB", "TIFF"),
    ],
)
def test_other_pictures_become_png(mode: str, kind: str) -> None:
    media = convert("Image", picture(mode, kind=kind), "folder/cat.bmp")
    with Image.open(io.BytesIO(media.data)) as shown:
        assert (shown.format, shown.size) == ("PNG", (8, 6))
    assert media.name == "cat.png"
    assert media.facts == {"height": 6, "width": 8}


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"<svg onload='alert(1)'/>", picture()[:20]])
def test_no_picture_is_an_error_of_its_cell(data: bytes) -> None:
    with pytest.raises(UndecodableError):
        convert("Image", data, "x.png")


def test_too_many_pixels_are_refused_by_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 40)
    with pytest.raises(UndecodableError, match="8 x 6"):
        convert("Image", picture(), None)


def test_numbers_become_a_picture() -> None:
    grey = pixels([[0, 128], [255, 1]])
    with Image.open(io.BytesIO(grey.data)) as shown:
        assert np.asarray(shown).tolist() == [[0, 128], [255, 1]]
    colour = pixels([[[1, 2, 3], [4, 5, 6]]])
    with Image.open(io.BytesIO(colour.data)) as shown:
        assert np.asarray(shown).tolist() == [[[1, 2, 3], [4, 5, 6]]]
    with pytest.raises(UndecodableError, match="2 channels"):
        pixels([[[1, 2]]])


def test_wav_stays_as_it_is_with_length_and_rate() -> None:
    data = sound(0.5, 8_000)
    media = convert("Audio", data, "bird.wav")
    assert (media.data, media.name) == (data, "bird.wav")
    assert media.facts == {"type": "audio/wav", "duration": 0.5, "sampling_rate": 8_000}


@pytest.mark.parametrize(
    ("kind", "subtype", "extension", "type_"),
    [
        ("FLAC", "PCM_16", ".flac", "audio/flac"),
        ("OGG", "VORBIS", ".ogg", "audio/ogg"),
        ("OGG", "OPUS", ".opus", "audio/ogg"),
        ("MP3", "MPEG_LAYER_III", ".mp3", "audio/mpeg"),
    ],
)
def test_compressed_sounds_are_known_by_their_first_bytes(kind: str, subtype: str, extension: str, type_: str) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(4_800), 48_000, format=kind, subtype=subtype)
    media = convert("Audio", buffer.getvalue(), "misnamed.wav")
    assert media.name == "misnamed" + extension
    assert media.data == buffer.getvalue()
    assert media.facts["type"] == type_


def test_other_sounds_become_wav() -> None:
    buffer = io.BytesIO()
    samples = (np.sin(np.arange(800) / 9) * 9_000).astype("int16")
    soundfile.write(buffer, samples, 8_000, format="AIFF")
    media = convert("Audio", buffer.getvalue(), "bird.aiff")
    back, rate = soundfile.read(io.BytesIO(media.data), dtype="int16")
    assert (media.name, rate) == ("bird.wav", 8_000)
    assert np.array_equal(back, samples)


def test_what_soundfile_does_not_know_is_kept_and_marked() -> None:
    media = convert("Audio", b"\0\0\0\x1cftypM4A rest", "song.m4a")
    assert media.name == "song.m4a"
    assert media.facts["playable"] is False


@pytest.mark.parametrize("path", ["bird.wav", None])
def test_no_sound_is_an_error_of_its_cell(path: str | None) -> None:
    with pytest.raises(UndecodableError):
        convert("Audio", b"not a sound", path)


def test_films_documents_and_files() -> None:
    assert convert("Video", MP4, "a.mp4").facts == {"size_bytes": len(MP4), "type": "video/mp4"}
    assert convert("Video", b"\0" * 40, "a.mov").facts == {"size_bytes": 40, "playable": False}
    with pytest.raises(UndecodableError):
        convert("Video", b"not a film", "a.mp4")
    assert convert("Pdf", PDF, None).facts == {"size_bytes": len(PDF)}
    with pytest.raises(UndecodableError):
        convert("Pdf", b"no document", "x.pdf")
    assert convert("Nifti", b"abc", "brain.nii.gz").name == "brain.nii.gz"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("a\x1b[2Jb.png", "a_[2Jb.png".replace("[", "_")),
        ("x" * 300, "x" * 80 + ".png"),
        ("..", "image.png"),
        ("é.png", "_.png"),
    ],
)
def test_a_name_is_never_a_path(path: str, name: str) -> None:
    assert convert("Image", picture(), path).name.replace("__", "_") == name.replace("__", "_")
