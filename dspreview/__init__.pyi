from dspreview import errors
from dspreview.api.dataset import Dataset, Split
from dspreview.api.dataset import open_dataset as open  # noqa: A004 - dspreview.open is what it is called

__all__ = ["DISTRIBUTION", "Dataset", "Split", "errors", "open"]

DISTRIBUTION: str
