"""What this terminal can draw: pictures by one of three protocols, or coloured half blocks, or none."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys
import termios
import time
import tty
from enum import StrEnum
from typing import NamedTuple

from dspreview.cli.table import use_color

ANSWER_SECONDS = 0.2
"""How long a terminal may take to say what it is."""
CELL = (10, 20)
"""Pixels of a character, where the terminal does not say."""
KITTY_TERMS = frozenset({"xterm-kitty", "xterm-ghostty"})
ITERM_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty"})
SIXEL_ATTRIBUTE = "4"


class Protocol(StrEnum):
    """How a picture reaches the screen."""

    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"
    BLOCKS = "blocks"


class Terminal(NamedTuple):
    """A way to draw, and the size of a character in pixels."""

    protocol: Protocol
    cell: tuple[int, int] = CELL
    colors: int = 1 << 24


def terminal_for(choice: str, color: str) -> Terminal | None:
    """How to draw pictures on stdout; None where they are not wanted, or nobody would see them.

    Args:
        choice: `auto` draws on a terminal only, `always` also into a pipe, as half blocks.
        color: the choice of colours; half blocks are nothing without.

    """
    if choice == "never":
        return None
    blocks = Terminal(Protocol.BLOCKS, colors=1 << 24 if has_true_color() else 256)
    if not sys.stdout.isatty():
        return blocks if choice == "always" else None
    if os.environ.get("TERM") == "dumb" and choice != "always":
        return None
    protocol = known_protocol() or (Protocol.SIXEL if answers_sixel() else Protocol.BLOCKS)
    if protocol is not Protocol.BLOCKS:
        return Terminal(protocol, cell_size())
    return blocks if choice == "always" or use_color(color) else None


def has_true_color() -> bool:
    """Whether the terminal knows more than 256 colours."""
    return os.environ.get("COLORTERM", "") in {"truecolor", "24bit"}


def known_protocol() -> Protocol | None:
    """What the environment tells; nothing inside tmux and screen, which keep these protocols to themselves."""
    term, program = os.environ.get("TERM", ""), os.environ.get("TERM_PROGRAM", "")
    if "TMUX" in os.environ or term.startswith(("screen", "tmux")):
        return None
    if term in KITTY_TERMS or "KITTY_WINDOW_ID" in os.environ or program == "ghostty":
        return Protocol.KITTY
    if program in ITERM_PROGRAMS or os.environ.get("LC_TERMINAL") == "iTerm2":
        return Protocol.ITERM
    return None


def answers_sixel() -> bool:
    """Ask the terminal for its attributes (DA1); silence is a no."""
    try:
        handle = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        if os.tcgetpgrp(handle) != os.getpgrp():  # in the background: a question would stop us
            return False
        before = termios.tcgetattr(handle)
        try:
            tty.setcbreak(handle, termios.TCSANOW)
            os.write(handle, b"\x1b[c")
            answer = read_answer(handle)
        finally:
            termios.tcsetattr(handle, termios.TCSANOW, before)
    except (OSError, termios.error):
        return False
    finally:
        os.close(handle)
    _, _, attributes = answer.partition("\x1b[?")
    return SIXEL_ATTRIBUTE in attributes.rstrip("c").split(";")


def read_answer(handle: int) -> str:
    """What a terminal answers up to its final `c`, as far as it comes in time."""
    deadline = time.monotonic() + ANSWER_SECONDS
    found = b""
    while not found.endswith(b"c") and len(found) < 100:
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            break
        found += os.read(handle, 32)
    return found.decode("latin-1")


def cell_size() -> tuple[int, int]:
    """Pixels of a character."""
    try:
        rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(sys.stdout, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return CELL
    return (width // columns, height // rows) if width and height and rows and columns else CELL
