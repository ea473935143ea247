"""What the forkserver imports once, so that a job starts in hundredths of a second."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, from the first moment on

import dspreview.extract.library.rows  # noqa: E402
import dspreview.extract.library.splits  # noqa: E402
import dspreview.preview  # noqa: E402
import dspreview.work.child  # noqa: E402, F401
