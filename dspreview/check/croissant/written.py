"""A Croissant document as somebody wrote it: its words, and the lines in which they stand."""

from __future__ import annotations

import json
import re
from typing import Any

from dspreview.check.findings import Finding, found
from dspreview.errors import UsageError


class CroissantFile:
    """A document as it was written."""

    def __init__(self, path: str) -> None:
        """Read it. Raises UsageError where it is no JSON object."""
        self.path = path
        try:
            with open(path, encoding="utf-8-sig") as file:
                self.text = file.read()
            self.document = json.loads(self.text)
        except OSError as error:
            raise UsageError(
                f"--croissant {path}: {error.strerror}; write it with: dspreview croissant DATASET -o {path}"
            ) from error
        except UnicodeDecodeError as error:
            raise UsageError(f"--croissant {path}: not UTF-8") from error
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--croissant {path}: not JSON: {error}") from error
        if not isinstance(self.document, dict):
            raise UsageError(f"--croissant {path}: no JSON object")

    def line(self, *keys: str) -> int | None:
        """The line in which the last of some texts stands, each looked for behind the one before."""
        place = 0
        for key in keys:
            where = self.text.find(json.dumps(key, ensure_ascii=False), place)
            if where < 0:
                return None
            place = where
        return self.text.count("\n", 0, place) + 1

    def listed(self, key: str) -> list[dict[str, Any]]:
        """The objects under a key."""
        value = self.document.get(key, [])
        return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]

    def missing(self, message: str, *keys: str, severity: str | None = None, line: int | None = None) -> Finding:
        """Something that is not there."""
        line = line or (self.line(*keys) if keys else 1)
        return found("croissant-missing", message, severity=severity, file=self.path, line=line)

    def wrong(self, message: str, *keys: str, severity: str | None = None, line: int | None = None) -> Finding:
        """Something that is not so."""
        return found("croissant-differs", message, severity=severity, file=self.path, line=line or self.line(*keys))

    def top(self, key: str) -> int | None:
        """The line of a property of the document itself: another of its name may be in the context before it."""
        value = self.document.get(key)
        inner = next(iter(value), None) if isinstance(value, list) else value
        behind = json.dumps(inner, ensure_ascii=False) if isinstance(inner, str) else "{"
        pattern = re.compile(rf"{re.escape(json.dumps(key))}\s*:\s*\[?\s*{re.escape(behind)}")
        found_at = pattern.search(self.text)
        return self.text.count("\n", 0, found_at.start()) + 1 if found_at is not None else self.line(key)
