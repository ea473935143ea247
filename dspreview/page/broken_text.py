"""Text that is not UTF-8: its bytes, which become a null cell with a reason."""

from __future__ import annotations


class BrokenText(bytes):
    """What stands where a text should: bytes that no text has."""

    __slots__ = ()

    @property
    def reason(self) -> str:
        """What is wrong with it, in words."""
        try:
            self.decode()
        except UnicodeDecodeError as error:
            return f"not text in UTF-8 (byte 0x{self[error.start]:02x} at {error.start:,})"
        return "not text in UTF-8"


def text_of(data: bytes) -> str | BrokenText:
    """A text from its bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return BrokenText(data)
