"""The Hub's files for the readers of `datasets`: listed as its client lists them, read by ranges that are checked.

The client's own files believe whatever a server answers to a range: one that sends the file from its beginning is taken at its
word, rows are made of the wrong bytes, and one that sends too little is asked without end.
"""

from __future__ import annotations

import io
from typing import IO, Any

from huggingface_hub import HfFileSystem

from dspreview.extract.files.ranged import BLOCK, RangedFile
from dspreview.extract.files.web import WebFile
from dspreview.extract.hub.ranges import RemoteFile, hub_url
from dspreview.settings import Settings


class HubFiles(HfFileSystem):
    """The client's file system, with files of ours in the place of its own."""

    settings: Settings
    """Those of the call, set by whoever asks for it."""

    def _open(  # type: ignore[override]
        self, path: str, mode: str = "rb", block_size: int | None = None, **_: Any
    ) -> IO[bytes]:
        if mode != "rb":
            raise PermissionError(path)
        address = f"hf://{path}"
        size = self.info(path)["size"]
        wanted = self.block_size if block_size is None else block_size
        if wanted == 0:
            from huggingface_hub.utils._headers import build_hf_headers

            url = hub_url(address, self.settings.hf_endpoint)
            stream = WebFile(url, build_hf_headers(token=self.settings.hf_token or False))
            stream.start(0)
            return io.BufferedReader(stream, 1 << 18)
        name = address.removeprefix("hf://datasets/").partition("@")[0]
        return RangedFile(RemoteFile(address, name, self.settings, size), wanted or BLOCK)
