"""Read-through: a fresh entry if there is one, an extraction if there is none."""

from dspreview.preview.reading import PageAnswer, Preview

__all__ = ["PageAnswer", "Preview"]
