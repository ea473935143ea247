"""What this terminal can draw: pictures by one of three protocols, or coloured half blocks, or none."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from enum import StrEnum
from typing import NamedTuple

from dspreview.cli.render.table import use_color

ANSWER_SECONDS = 1.0
"""How long a terminal may take to say what it is; all but a few say it at once."""
CELL = (10, 20)
"""Pixels of a character, where the terminal does not say."""
KITTY_TERMS = frozenset({"xterm-kitty", "xterm-ghostty"})
ITERM_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty"})
OTHERS = ("XTERM_VERSION", "VTE_VERSION", "KONSOLE_VERSION")
"""What terminals set that are not kitty, though they may have been started from it."""
ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
SIXEL_ATTRIBUTE = b"4"


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
    exact: bool = True
    """Whether that size is the terminal's own."""
    colors: int = 1 << 24


def terminal_for(choice: str, color: str, *, may_ask: bool = True) -> Terminal | None:
    """How to draw pictures on stdout; None where they are not wanted, or nobody would see them.

    Args:
        choice: `auto` draws on a terminal only, `always` also into a pipe, as half blocks.
        color: the choice of colours; half blocks are nothing without.
        may_ask: whether the terminal's input is nobody else's.

    """
    if choice == "never":
        return None
    blocks = Terminal(Protocol.BLOCKS, colors=1 << 24 if has_true_color() else 256)
    if not sys.stdout.isatty():
        return blocks if choice == "always" else None
    if os.environ.get("TERM") == "dumb" and choice != "always":
        return None
    size = cell_size()
    if (protocol := known_protocol()) is not None:
        return Terminal(protocol, size or CELL, exact=size is not None)
    if size is not None and may_ask and answers_sixel():
        return Terminal(Protocol.SIXEL, size)
    return blocks if choice == "always" or use_color(color) else None


def has_true_color() -> bool:
    """Whether the terminal knows more than 256 colours."""
    return os.environ.get("COLORTERM", "") in {"truecolor", "24bit"}


def known_protocol() -> Protocol | None:
    """What the environment tells; nothing inside tmux and screen, which keep these protocols to themselves."""
    term, program = os.environ.get("TERM", ""), os.environ.get("TERM_PROGRAM", "")
    if "TMUX" in os.environ or term.startswith(("screen", "tmux")):
        return None
    inherited = any(name in os.environ for name in OTHERS)
    if term in KITTY_TERMS or program == "ghostty" or ("KITTY_WINDOW_ID" in os.environ and not inherited):
        return Protocol.KITTY
    if program in ITERM_PROGRAMS or os.environ.get("LC_TERMINAL") == "iTerm2":
        return Protocol.ITERM
    return None


def answers_sixel() -> bool:
    """Ask the terminal for its attributes (DA1). Not while somebody else asks, or keys wait that are not for us."""
    try:
        handle = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        if os.tcgetpgrp(handle) != os.getpgrp():  # in the background: a question would stop us
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # two at once would keep each other's settings
        before = termios.tcgetattr(handle)
        if not before[3] & termios.ICANON or waiting(handle):
            return False
        try:
            tty.setcbreak(handle, termios.TCSANOW)
            if select.select([handle], [], [], 0)[0]:  # half a line was typed
                return False
            os.write(handle, b"\x1b[c")
            attributes = read_attributes(handle)
        finally:
            termios.tcsetattr(handle, termios.TCSANOW, before)
    except (OSError, termios.error):
        return False
    finally:
        os.close(handle)
    return SIXEL_ATTRIBUTE in attributes.split(b";")


def waiting(handle: int) -> bool:
    """Whether lines wait that were typed already."""
    (number,) = struct.unpack("i", fcntl.ioctl(handle, termios.FIONREAD, bytes(4)))
    return bool(number)


def read_attributes(handle: int) -> bytes:
    """What a terminal says of itself, if it does in time; keys that come between go back where that is allowed."""
    deadline = time.monotonic() + ANSWER_SECONDS
    found = b""
    while (match := ATTRIBUTES.search(found)) is None and len(found) < 4_096:
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            break
        found += os.read(handle, 32)
    typed = found if match is None else found[: match.start()] + found[match.end() :]
    for key in typed:
        try:
            fcntl.ioctl(handle, termios.TIOCSTI, bytes([key]))
        except OSError:  # newer kernels forbid it
            break
    return match[1] if match else b""


def cell_size() -> tuple[int, int] | None:
    """Pixels of a character; None where the terminal does not say."""
    try:
        rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(sys.stdout, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return None
    return (width // columns, height // rows) if width and height and rows and columns else None
