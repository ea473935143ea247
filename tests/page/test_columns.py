"""Column types: a declared feature decides; without one, the values do. The table of the old service, and what came later."""

from __future__ import annotations

from typing import Any

import pytest

from dspreview.feature import Feature
from dspreview.models import Column
from dspreview.page.columns import is_url_column, make_column


def value(dtype: str) -> dict[str, str]:
    return {"dtype": dtype, "_type": "Value"}


@pytest.mark.parametrize(
    ("name", "feature", "expected"),
    [
        ("x", value("bool"), "BOOL"),
        *[("x", value(f"{sign}int{bits}"), "INT") for sign in ("", "u") for bits in (8, 16, 32, 64)],
        *[("x", value(dtype), "FLOAT") for dtype in ("float16", "float32", "float64")],
        ("x", value("string"), "STRING"),
        ("x", value("large_string"), "STRING"),
        ("image_url", value("string"), "IMAGE_URL"),
        ("image_url", value("large_string"), "STRING"),
        ("image_url", value("int64"), "INT"),
        ("x", value("timestamp[s]"), "TIMESTAMP"),
        *[
            ("x", value(dtype), "JSON")
            for dtype in ("binary", "date32", "time64[us]", "duration[s]", "decimal128(5, 2)", "null")
        ],
        ("x", {"_type": "Image"}, "RELATIVE_IMAGE_URL"),
        ("x", {"_type": "Audio", "sampling_rate": 8000}, "AUDIO_RELATIVE_SOURCES"),
        ("x", {"_type": "Video"}, "RELATIVE_VIDEO_URL"),
        ("x", {"_type": "Pdf"}, "RELATIVE_PDF_URL"),
        *[("x", {"_type": kind}, "RELATIVE_FILE_URL") for kind in ("Nifti", "Mesh", "BioSequence", "BioStructure")],
        ("image", {"_type": "Array2D", "dtype": "uint8", "shape": [2, 2]}, "RELATIVE_IMAGE_URL"),
        ("img", {"_type": "Array3D", "dtype": "uint8", "shape": [2, 2, 3]}, "RELATIVE_IMAGE_URL"),
        ("image", {"_type": "Array2D", "dtype": "int32", "shape": [2, 2]}, "JSON"),
        ("other", {"_type": "Array2D", "dtype": "uint8", "shape": [2, 2]}, "JSON"),
        ("x", {"_type": "List", "feature": {"_type": "Image"}}, "JSON"),
        ("x", {"a": value("string")}, "JSON"),
        ("x", {"_type": "Translation", "languages": ["en"]}, "JSON"),
        ("x", {"_type": "Json"}, "JSON"),
    ],
)
def test_a_declared_feature_decides(name: str, feature: Any, expected: str) -> None:
    assert make_column(name, feature, declared=True, values=[None]).type == expected


def test_class_labels_have_names_and_timestamps_unit_and_zone() -> None:
    label = make_column("y", {"_type": "ClassLabel", "names": ["a", "b"]}, declared=True, values=[])
    assert label.as_json() == {"name": "y", "type": "CLASS_LABEL", "labels": ["a", "b"]}
    moment = make_column("t", value("timestamp[ns, tz=Europe/Paris]"), declared=True, values=[])
    assert moment.as_json() == {"name": "t", "type": "TIMESTAMP", "unit": "ns", "tz": "Europe/Paris"}
    naive = make_column("t", value("timestamp[ms]"), declared=True, values=[])
    assert naive.as_json() == {"name": "t", "type": "TIMESTAMP", "unit": "ms", "tz": None}


@pytest.mark.parametrize(
    ("name", "feature", "values", "expected"),
    [
        ("x", value("float64"), [None, None], "JSON"),
        ("x", value("int64"), [1, None], "INT"),
        ("image", {"_type": "List"}, [[[1, 2], [3, 4]], None], "RELATIVE_IMAGE_URL"),
        ("image", {"_type": "List"}, [[[1, 2], [3]]], "JSON"),
        ("image", {"_type": "List"}, [[[1, 256]]], "JSON"),
        ("image", {"_type": "List"}, [[[True]]], "JSON"),
        ("image", {"_type": "List"}, [[]], "JSON"),
        ("img", {"_type": "List"}, [[[[1, 2, 3]]]], "RELATIVE_IMAGE_URL"),
        ("other", {"_type": "List"}, [[[1, 2], [3, 4]]], "JSON"),
    ],
)
def test_without_a_declared_feature_the_values_have_a_say(
    name: str, feature: Any, values: list[Any], expected: str
) -> None:
    assert make_column(name, feature, declared=False, values=values).type == expected


def test_assets_are_found_at_any_depth() -> None:
    assert Feature({"a": {"_type": "List", "feature": {"b": {"_type": "Audio"}}}}).holds_assets()
    assert Feature([{"_type": "Image"}]).holds_assets()
    assert not Feature({"a": value("string"), "Image": value("string")}).holds_assets()


@pytest.mark.parametrize(("urls", "expected"), [(3, False), (4, True)])
def test_over_thirty_percent_of_addresses_make_a_url_column(urls: int, expected: bool) -> None:
    values = ["https://x/y"] * urls + ["text"] * (10 - urls)
    assert is_url_column(Column("u", "STRING"), values) is expected
    assert not is_url_column(Column("u", "JSON"), values)
