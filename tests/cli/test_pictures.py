"""Pictures and sounds in a terminal: real pseudo-terminals, and decoders written for the test."""

from __future__ import annotations

import base64
import io
import os
import pty
import re
import struct
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSCTTY, TIOCSWINSZ
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.data import picture, sound, write
from tests.support.program import Program

RED, BLUE = (255, 0, 0), (0, 0, 255)
BLOCK = re.compile(r"((?:\x1b\[[\d;]*m)*)▀")


def two_colors(size: tuple[int, int] = (12, 4)) -> bytes:
    """The upper half red, the lower half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, size[0], size[1]))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def pictures(tmp_path: Path, dspreview: Program) -> str:
    """A cached folder of one picture."""
    path = write(tmp_path / "pics", {"a.png": two_colors()})
    assert dspreview("rows", path).code == 0
    return str(path)


class Screen:
    """A pseudo-terminal that answers the question for its attributes, or says nothing."""

    def __init__(
        self,
        answer: bytes = b"",
        pixels: tuple[int, int] = (0, 0),
        size: tuple[int, int] = (24, 80),
        typed: bytes = b"",
    ) -> None:
        self.answer, self.pixels, self.size, self.typed = answer, pixels, size, typed
        self.code = 0

    def run(self, program: Program, *words: str, **env: str) -> str:
        """What a call of the program that succeeds writes to it."""
        out = self.shell(program, sys.executable, "-m", "dspreview", *words, **env)
        assert self.code == 0, out
        return out

    def shell(self, program: Program, *command: str, **env: str) -> str:
        """What a command writes to it."""
        parent, child = pty.openpty()
        ioctl(child, TIOCSWINSZ, struct.pack("HHHH", *self.size, *self.pixels))
        environment = program.environment(**({"TERM": "xterm-256color"} | env))
        environment.pop("COLUMNS")
        process = subprocess.Popen(
            command, env=environment, cwd=program.home,
            stdin=child, stdout=child, stderr=child, start_new_session=True,
            preexec_fn=lambda: ioctl(0, TIOCSCTTY, 0),  # noqa: PLW1509 - no thread runs
        )  # fmt: skip
        os.close(child)
        os.write(parent, self.typed)
        out = b""
        while True:
            try:
                chunk = os.read(parent, 1 << 16)
            except OSError:
                break
            if not chunk:
                break
            out += chunk
            if b"\x1b[c" in chunk and self.answer:
                os.write(parent, self.answer)
        os.close(parent)
        self.code = process.wait()
        return out.decode().replace("\r\n", "\n")


def ground(escapes: str, last: tuple[Any, Any]) -> tuple[Any, Any]:
    """Upper and lower colour after some escapes."""
    upper, lower = last
    for code in re.findall(r"\x1b\[([\d;]*)m", escapes):
        numbers = [int(one) for one in code.split(";") if one]
        if numbers[:2] == [38, 2]:
            upper = tuple(numbers[2:])
        elif numbers[:2] == [48, 2]:
            lower = tuple(numbers[2:])
        elif numbers == [49]:
            lower = None
    return upper, lower


def pixels_of(text: str) -> list[list[tuple[Any, Any]]]:
    """The half blocks of each line."""
    rows = []
    for line in text.split("\n"):
        last: tuple[Any, Any] = (None, None)
        row = []
        for escapes in BLOCK.findall(line):
            last = ground(escapes, last)
            row.append(last)
        if row:
            rows.append(row)
    return rows


def test_a_table_shows_half_blocks_on_a_terminal(pictures: str, dspreview: Program) -> None:
    out = Screen().run(dspreview, "rows", pictures, COLORTERM="truecolor")
    assert pixels_of(out) == [[(RED, RED)] * 12, [(BLUE, BLUE)] * 12]
    assert "a.png 12x4" in out
    assert out.rstrip().split("\n")[-1].startswith(pictures)


def test_256_colors_where_the_terminal_knows_no_more(pictures: str, dspreview: Program) -> None:
    out = Screen().run(dspreview, "rows", pictures)
    assert "\x1b[38;5;196m" in out  # the red of the cube
    assert "\x1b[38;5;21m" in out  # its blue
    assert "38;2;" not in out


@pytest.mark.parametrize("words", [("--images", "never"), ("--color", "never")])
def test_no_pictures_where_they_are_not_wanted(pictures: str, dspreview: Program, words: tuple[str, ...]) -> None:
    assert "▀" not in Screen().run(dspreview, "rows", pictures, *words)


def test_no_pictures_without_colors_or_on_a_dumb_terminal(pictures: str, dspreview: Program) -> None:
    assert "▀" not in Screen().run(dspreview, "rows", pictures, NO_COLOR="1")
    assert "▀" not in Screen().run(dspreview, "rows", pictures, TERM="dumb")
    plain = dspreview("rows", pictures)
    assert "▀" not in plain.out
    assert "\x1b" not in plain.out
    assert "▀" not in dspreview("rows", pictures, "--json", "--images", "always").out


def test_always_draws_into_a_pipe_too(pictures: str, dspreview: Program) -> None:
    result = dspreview("rows", pictures, "--images", "always", COLORTERM="truecolor")
    assert pixels_of(result.out) == [[(RED, RED)] * 12, [(BLUE, BLUE)] * 12]


def shown_by_kitty(text: str) -> Image.Image:
    """The picture in kitty's sequences."""
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    keys = dict(pair.split("=") for pair in parts[0][0].split(","))
    assert keys["a"] == "T"
    assert keys["f"] == "100"
    assert keys["q"] == "2"
    assert [part[0].rpartition("m=")[2] for part in parts] == ["1"] * (len(parts) - 1) + ["0"]
    assert all(len(part[1]) <= 4_096 for part in parts)
    return Image.open(io.BytesIO(base64.b64decode("".join(part[1] for part in parts))))


@pytest.mark.parametrize("env", [{"TERM": "xterm-kitty"}, {"KITTY_WINDOW_ID": "1"}, {"TERM_PROGRAM": "ghostty"}])
def test_kitty_gets_the_picture_itself(tmp_path: Path, dspreview: Program, env: dict[str, str]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (80, 100, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    path = write(tmp_path / "d", {"name-of-a-picture.png": buffer.getvalue()})
    out = Screen(pixels=(800, 480)).run(dspreview, "rows", str(path), **env)
    image = shown_by_kitty(out)
    assert image.size == (100, 80)
    assert np.array_equal(np.asarray(image), noise)
    assert "▀" not in out
    assert "\x1b7\x1b[4A\r\x1b_G" in out  # from the line below, four lines of 20 pixels up


def test_iterm_gets_the_picture_itself(pictures: str, dspreview: Program) -> None:
    out = Screen(pixels=(800, 480)).run(dspreview, "rows", pictures, TERM_PROGRAM="iTerm.app")
    ((width, height, data),) = re.findall(
        r"\x1b\]1337;File=inline=1;width=(\d+)px;height=(\d+)px;[^:]*:([^\x07]*)\x07", out
    )
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.size == (int(width), int(height)) == (12, 4)
    assert image.getpixel((0, 0)) == RED
    assert image.getpixel((11, 3)) == BLUE


def sixel_pixels(text: str) -> np.ndarray[Any, Any]:
    """The picture in a sixel sequence, as percent of each colour."""
    (body,) = re.findall(r"\x1bP[\d;]*q(.*?)\x1b\\", text, re.DOTALL)
    raster = re.match(r'"1;1;(\d+);(\d+)', body)
    assert raster
    width, height = int(raster[1]), int(raster[2])
    canvas = np.full((height + 6, width, 3), -1)
    colors: dict[int, list[int]] = {}
    x = y = color = 0
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([?-~])|(\$)|(-)", body[raster.end() :]):
        number, red, green, blue, run, sign, single, back, down = token.groups()
        if number is not None:
            color = int(number)
            if red is not None:
                colors[color] = [int(red), int(green), int(blue)]
        elif back:
            x = 0
        elif down:
            x, y = 0, y + 6
        else:
            bits, end = ord(sign or single) - 63, x + int(run or 1)
            for bit in range(6):
                if bits >> bit & 1:
                    canvas[y + bit, x:end] = colors[color]
            x = end
    return canvas[:height]


def test_a_terminal_that_says_so_gets_sixels(tmp_path: Path, dspreview: Program) -> None:
    path = write(tmp_path / "d", {"name-of-a-picture.png": two_colors((40, 16))})
    out = Screen(b"\x1b[?64;1;4;22c", pixels=(800, 480)).run(dspreview, "rows", str(path))
    drawn = sixel_pixels(out)
    assert drawn.shape == (16, 40, 3)
    assert (drawn[:8] == [100, 0, 0]).all()
    assert (drawn[8:] == [0, 0, 100]).all()
    other = Screen(b"\x1b[?64;1;22c", pixels=(800, 480)).run(dspreview, "rows", str(path), COLORTERM="truecolor")
    assert "\x1bP" not in other
    assert "▀" in other


def test_a_card_shows_a_picture_large_and_a_sound_as_a_wave(tmp_path: Path, dspreview: Program) -> None:
    path = write(tmp_path / "d", {"a.png": two_colors((90, 30))})
    out = Screen(size=(40, 100)).run(dspreview, "rows", str(path), "--row", "0", COLORTERM="truecolor")
    rows = pixels_of(out)
    assert len(rows) == 15
    assert {len(row) for row in rows} == {90}
    loud, silent = sound(1.0)[44:], b"\0" * 16_000
    wave = sound(1.0)[:40] + struct.pack("<I", 32_000) + silent + loud
    other = write(tmp_path / "s", {"a.wav": wave})
    card = Screen(size=(40, 100)).run(dspreview, "rows", str(other), "--row", "0")
    (line,) = [line for line in card.split("\n") if "█" in line]
    assert line.endswith("2 s · 8 kHz")
    drawn = line.split()[0]
    assert len(drawn) == 60
    assert drawn[:30] == "▁" * 30
    assert drawn[31:] == "█" * 29
    piped = dspreview("rows", other, "--row", "0")
    assert "█" not in piped.out


def test_what_cannot_be_decoded_is_a_name(tmp_path: Path, dspreview: Program) -> None:
    path = write(tmp_path / "d", {"a.png": two_colors()[:60], "b.png": picture(size=(20, 20)), "c.png": two_colors()})
    dspreview.env |= {
        "PYTHONPATH": f"{Path(__file__).parent.parent}/support/lowered:{Path(__file__).parent.parent.parent}",
        "LOWERED": "dspreview.cli.render.images.MAX_PIXELS=100",
    }
    out = Screen().run(dspreview, "rows", str(path), COLORTERM="truecolor")
    assert len(pixels_of(out)) == 2
    assert "Traceback" not in out


def test_transparent_is_white(tmp_path: Path, dspreview: Program) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 2), (0, 0, 0, 0)).save(buffer, "PNG")
    path = write(tmp_path / "d", {"a.png": buffer.getvalue()})
    out = Screen().run(dspreview, "rows", str(path), COLORTERM="truecolor")
    white = (255, 255, 255)
    assert pixels_of(out) == [[(white, white)] * 4]


def test_a_terminal_is_left_as_it_was(pictures: str, dspreview: Program) -> None:
    script = 'stty -a > before; "$0" -m dspreview rows "$1"; stty -a > after'
    out = Screen(b"\x1b[?62;22c", pixels=(800, 480)).shell(dspreview, "sh", "-c", script, sys.executable, pictures)
    assert "\x1b[c" in out  # it asked
    assert (dspreview.home / "before").read_text() == (dspreview.home / "after").read_text() != ""


def test_a_row_that_cannot_be_shown_has_its_reason_and_the_table_stays(tmp_path: Path, dspreview: Program) -> None:
    path = write(tmp_path / "d", {"a.png": two_colors(), "b.png": b"junk"})
    table = dspreview("rows", path)
    assert table.code == 0, table.err
    assert "1 cell cannot be shown, the first at row 1, image: no image that Pillow knows" in table.out
    card = dspreview("rows", path, "--row", "1")
    assert card.out.splitlines()[-1].endswith("  cannot be shown: no image that Pillow knows")


def test_typed_ahead_lines_stay_for_whom_they_were_typed(pictures: str, dspreview: Program) -> None:
    script = 'sleep 0.3; "$0" -m dspreview rows "$1"; read a; read b; echo "got $a and $b"'
    screen = Screen(b"\x1b[?62;4c", pixels=(800, 480), typed=b"first line\nmake c\n")
    out = screen.shell(dspreview, "sh", "-c", script, sys.executable, pictures)
    assert "got first line and make c" in out
    assert "\x1b[c" not in out  # with input waiting nothing is asked
    assert "\x1bP" not in out


def test_a_list_of_datasets_on_a_terminal_is_read_to_its_end(pictures: str, dspreview: Program) -> None:
    screen = Screen(b"\x1b[?62;4c", pixels=(800, 480), typed=f"{pictures}\n{pictures}\n\x04".encode())
    out = screen.run(dspreview, "rows", "--from", "-", "--length", "1")
    assert out.count("default/train: 1 row of 1") == 2


def test_two_at_once_leave_the_terminal_as_it_was(pictures: str, dspreview: Program) -> None:
    call = '"$0" -m dspreview rows "$1" --length 1'
    script = f"stty -a > before; for i in 1 2 3; do {call} & {call} & wait; done; stty -a > after"
    Screen(b"\x1b[?62;22c", pixels=(800, 480)).shell(dspreview, "sh", "-c", script, sys.executable, pictures)
    assert (dspreview.home / "before").read_text() == (dspreview.home / "after").read_text() != ""


def test_a_terminal_that_hides_its_pixels_gets_half_blocks_for_sixels_and_sizes_in_characters(
    pictures: str, dspreview: Program
) -> None:
    out = Screen(b"\x1b[?62;4c").run(dspreview, "rows", pictures, COLORTERM="truecolor")
    assert "\x1bP" not in out
    assert "▀" in out
    kitty = Screen().run(dspreview, "rows", pictures, TERM="xterm-kitty")
    assert "c=2,r=1," in kitty  # 12 x 4 pixels in characters of 10 x 20


def test_another_terminal_inside_kitty_is_not_kitty(pictures: str, dspreview: Program) -> None:
    out = Screen().run(dspreview, "rows", pictures, KITTY_WINDOW_ID="1", XTERM_VERSION="XTerm(379)")
    assert "\x1b_G" not in out


def test_sixteen_bits_are_grey_and_a_photo_stands_upright(tmp_path: Path, dspreview: Program) -> None:
    ramp = (np.arange(16, dtype=np.uint16) * 4_096).reshape(2, 8)
    grey = io.BytesIO()
    Image.fromarray(ramp).save(grey, "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    lying = io.BytesIO()
    Image.new("RGB", (8, 2), RED).save(lying, "JPEG", exif=exif, quality=100)
    path = write(tmp_path / "d", {"a.png": grey.getvalue(), "b.jpg": lying.getvalue()})
    out = Screen().run(dspreview, "rows", str(path), COLORTERM="truecolor")
    first, *second = pixels_of(out)
    expected = [((v // 256,) * 3, (w // 256,) * 3) for v, w in zip(ramp[0].tolist(), ramp[1].tolist(), strict=True)]
    assert first == expected
    assert [len(row) for row in second] == [2, 2, 2, 2]  # two wide, eight high


def test_decoders_say_nothing_by_themselves(tmp_path: Path, dspreview: Program) -> None:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.random.default_rng(1).normal(0, 0.3, 16_000), 16_000, format="MP3")
    data = bytearray(buffer.getvalue())
    data[len(data) // 3 : len(data) // 3 + 400] = os.urandom(400)
    path = write(tmp_path / "d", {"a.mp3": bytes(data)})
    result = dspreview("rows", path, "--row", "0", "--images", "always")
    assert result.code == 0
    assert "mpg123" not in result.err
    assert "Warning" not in result.err


@pytest.mark.parametrize(("typed", "code", "left"), [(b"n\n", 2, 1), (b"\n", 2, 1), (b"y\n", 0, 0), (b"YES\n", 0, 0)])
def test_what_destroys_is_asked_on_a_terminal(
    typed: bytes, code: int, left: int, dspreview: Program, tmp_path: Path
) -> None:
    data = write(tmp_path / "d", {"a.csv": "x\n1\n"})
    assert dspreview("rows", data).code == 0
    terminal = Screen(typed=typed)
    out = terminal.shell(dspreview, sys.executable, "-m", "dspreview", "cache", "clean")
    assert (terminal.code, "[y/N]" in out) == (code, True)
    assert dspreview("cache", "stats", "--json").json["datasets"]["valid"] == left
