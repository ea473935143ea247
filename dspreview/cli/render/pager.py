"""A long answer on a terminal, a screen at a time."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

from dspreview.cli.call import Call
from dspreview.documents.stdout import wipe

PICTURES = ("\x1b_G", "\x1bP", "\x1b]1337")
"""How pictures begin, which no pager knows."""
LESS = {"LESS": "FRX", "LESSCHARSET": "utf-8"}


def paged(call: Call, text: str) -> bool:
    """Show a text in a pager where it is longer than the terminal; whether that was done.

    PAGER names another one; empty, or `cat`, is none.
    """
    if not call.pager or call.agent or not (sys.stdout.isatty() and sys.stdin.isatty()):
        return False
    if text.count("\n") < shutil.get_terminal_size().lines or any(sign in text for sign in PICTURES):
        return False
    words = shlex.split(os.environ.get("PAGER", "less"))
    if not words or words[0] == "cat" or shutil.which(words[0]) is None:
        return False
    wipe(for_good=True)
    try:
        pager = subprocess.Popen(words, stdin=subprocess.PIPE, env=LESS | dict(os.environ))
    except OSError:
        return False
    try:
        pager.communicate(text.encode("utf-8", "backslashreplace"))
    except KeyboardInterrupt:  # the pager's own, which goes on
        pager.wait()
    return True
