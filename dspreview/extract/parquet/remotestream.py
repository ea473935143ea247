"""A Parquet file on the Hub as pyarrow reads it: the footer, the pages that are needed, a little more, and each byte once."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from dspreview.arrow.thrift import column_chunks
from dspreview.extract.hub.ranges import RemoteFile

TAIL = 64 * 1024
"""Bytes of the end of a file that are asked for: most footers are smaller."""
HALF = 1 << 20
WHOLE_GROUP = 8 << 20
"""A row group up to this size is asked for at once, in two halves that come together where it is larger than HALF: one
connection alone seldom fills a line."""
PAGE = 1 << 18
"""What is asked for of each column of a larger one, beside its dictionary: most pages have at most 20,000 rows."""
FARTHEST = 8 << 20
"""Most that is read ahead, of a column that is read on and on."""
KEPT = 64 << 20
"""Bytes that stay in memory."""
AT_ONCE = 4


class RemoteStream(io.RawIOBase):
    """A file that is read at places, each of them read ahead as far as it has been read on. Raises HubError and the like."""

    def __init__(self, file: RemoteFile) -> None:
        self.file = file
        tail = file.read_tail(TAIL)
        self.place = 0
        self.starts = [file.size - len(tail)]
        self.parts = [tail]
        self.order = deque(self.starts)
        """Where the parts begin, in the order in which they came."""

    def expect(self, group: int) -> None:
        """Fetch the beginnings of the columns of the row group of that number: it is read next."""
        chunks = column_chunks(self.footer(), group)
        if chunks is None:
            return  # what is read is fetched as it is asked for
        begin = min(chunk.start for chunk in chunks)
        end = max(chunk.start + chunk.length for chunk in chunks)
        if begin >= self.starts[-1]:
            return  # a small file: its end is all of it
        if end - begin <= HALF:
            wanted = [(begin, end - begin)]
        elif end - begin <= WHOLE_GROUP:
            middle = (begin + end) // 2
            wanted = [(begin, middle - begin), (middle, end - middle)]
        else:
            wanted = [(chunk.start, min(chunk.length, chunk.dictionary + PAGE)) for chunk in chunks]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for (start, _), data in zip(wanted, pool.map(lambda one: self.fetch(*one), wanted), strict=True):
                self.keep(start, data)

    def fetch(self, start: int, length: int) -> bytes:
        """Bytes of the file, as far as there are any."""
        return self.file.read_range(start, min(length, self.file.size - start))

    def footer(self) -> bytes:
        """The footer of the file, which pyarrow has read before."""
        self.seek(-8, io.SEEK_END)
        length = int.from_bytes(self.read(4), "little")
        self.seek(-8 - length, io.SEEK_END)
        return self.read(length)

    def keep(self, start: int, data: bytes) -> None:
        """Remember a part; those that came first are forgotten where they grow too many."""
        at = bisect_right(self.starts, start)
        self.starts.insert(at, start)
        self.parts.insert(at, data)
        self.order.append(start)
        while len(self.order) > 1 and sum(map(len, self.parts)) > KEPT:
            oldest = self.starts.index(self.order.popleft())
            del self.starts[oldest], self.parts[oldest]

    def part_at(self, start: int) -> tuple[int, bytes] | None:
        """The part that holds a byte, or ends just before it."""
        at = bisect_right(self.starts, start) - 1
        if at < 0 or start > self.starts[at] + len(self.parts[at]):
            return None
        return self.starts[at], self.parts[at]

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        wanted = max(0, self.file.size - self.place if size < 0 else min(size, self.file.size - self.place))
        found = bytearray()
        while len(found) < wanted:
            place = self.place + len(found)
            known = self.part_at(place)
            if known is not None and place < known[0] + len(known[1]):
                first = place - known[0]
                found += known[1][first : first + wanted - len(found)]
                continue
            ahead = TAIL if known is None else min(2 * len(known[1]), FARTHEST)
            self.keep(place, self.fetch(place, max(ahead, wanted - len(found))))
        self.place += len(found)
        return bytes(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.file.size}[whence]
        self.place = max(0, base + offset)
        return self.place

    def tell(self) -> int:
        """Where it is."""
        return self.place

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """At any place."""
        return True
