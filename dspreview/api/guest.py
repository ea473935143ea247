"""Extraction in a process that is somebody else's, a notebook say: what the command line sets for its whole process is left alone."""

from __future__ import annotations

import os

from dspreview.extract.extractor import Extractor
from dspreview.extract.hub.description import Description, make_client
from dspreview.extract.hub.fence import Fence
from dspreview.models import DatasetRef, Resolved


class GuestExtractor(Extractor):
    """Sets no limit of memory, no filter of warnings and no variable; the fence watches its own calls only."""

    def bound(self, limit: int) -> None:
        """The memory is not ours to limit."""
        del limit

    def prepare(self) -> None:
        """Set up the fence."""
        Fence.guest = Fence.guest or Fence.installed is None
        if Fence.installed is None:
            Fence(self.settings.hf_endpoint).install()

    def describe(self, ref: DatasetRef, at: Resolved | None = None) -> Description:
        """A dataset as it is now, or `at` a revision. Raises PreviewError."""
        if ref.is_remote:
            self.prepare_hub()
        return super().describe(ref, at)

    def current_revision(self, ref: DatasetRef, seconds: float) -> Resolved:
        """Ask the Hub which revision a dataset has now. Raises PreviewError."""
        self.prepare_hub()
        return super().current_revision(ref, seconds)

    def prepare_hub(self) -> None:
        """Let `huggingface_hub` use our client, whose time-outs are short, in this process."""
        self.prepare()
        os.environ.setdefault("HF_ENDPOINT", self.settings.hf_endpoint)
        make_client(self.settings.hf_endpoint, float(self.settings.hub_timeout_seconds))
