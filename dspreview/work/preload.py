"""What the forkserver imports once, so that a job starts in hundredths of a second."""

import dspreview.extract.rows
import dspreview.extract.splits
import dspreview.preview
import dspreview.work.child  # noqa: F401
