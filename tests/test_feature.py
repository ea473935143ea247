"""What a feature is, as `datasets` itself says it."""

from __future__ import annotations

from typing import Any

import datasets
import pytest
from datasets import Array2D, Audio, ClassLabel, Features, Image, LargeList, List, Translation, Value, Video

from dspreview.feature import ASSETS, Feature, asset_tree, label_tree, list_tree, value_tree

FEATURES: dict[str, tuple[Any, str, str]] = {
    "value": (Value("int64"), "Value", "int64"),
    "label": (ClassLabel(names=["a", "b"]), "ClassLabel", "label of 2"),
    "list": (List(Value("string")), "List", "list<string>"),
    "large list": (LargeList(Value("string")), "List", "list<string>"),
    "fixed list": (List(Value("int8"), length=2), "List", "list<int8>"),
    "struct": ({"a": Value("int8"), "b": Image()}, "Struct", "{a, b}"),
    "list of structs": (List({"a": Audio()}), "List", "list<{a}>"),
    "array": (Array2D(shape=(2, 3), dtype="uint8"), "Array2D", "uint8[2, 3]"),
    "image": (Image(), "Image", "image"),
    "video": (Video(), "Video", "video"),
    "translation": (Translation(languages=["de", "en"]), "Translation", "translation"),
    "json": (datasets.Json(), "Json", "json"),
}


def of(feature: Any) -> Feature:
    """The feature in the form of `datasets`."""
    return Feature(Features({"x": feature}).to_dict()["x"])


@pytest.mark.parametrize("name", FEATURES)
def test_kind_and_words(name: str) -> None:
    feature, kind, words = FEATURES[name]
    assert (of(feature).kind, of(feature).words()) == (kind, words)


@pytest.mark.parametrize("name", FEATURES)
def test_what_lies_inside(name: str) -> None:
    feature, _, _ = FEATURES[name]
    found = of(feature)
    if isinstance(feature, (List, LargeList)):
        assert found.item.tree == of(feature.feature).tree
    if isinstance(feature, dict):
        assert {key: one.tree for key, one in found.fields.items()} == {
            key: of(one).tree for key, one in feature.items()
        }
        assert found.is_struct
    if isinstance(feature, Translation):
        assert {key: one.value for key, one in found.fields.items()} == dict.fromkeys(feature.languages, "string")


def test_what_is_made_is_what_datasets_makes() -> None:
    assert value_tree("int64") == of(Value("int64")).tree
    assert label_tree(["a", "b"]) == of(ClassLabel(names=["a", "b"])).tree
    assert list_tree(value_tree("string")) == of(List(Value("string"))).tree
    assert asset_tree("Image") == of(Image()).tree
    assert asset_tree("Audio", sampling_rate=8_000) == of(Audio(sampling_rate=8_000)).tree


def test_files_are_found_at_any_depth() -> None:
    nested = of({"a": List({"b": Image()}), "c": Value("string"), "Audio": Value("string")})
    assert list(nested.assets()) == ["Image"]
    assert nested.part("a").part("b").asset == "Image"
    assert nested.part("a").item.part("b").asset == "Image"
    assert nested.part("absent").kind == ""
    assert nested.holds_text()
    assert not of(Value("string")).holds_assets()
    assert {kind for kind in ASSETS if not hasattr(datasets.features, kind) and not hasattr(datasets, kind)} == set()


@pytest.mark.parametrize("tree", [None, 7, "text", [], {"_type": 3}])
def test_what_is_no_feature_is_none(tree: Any) -> None:
    assert Feature(tree).kind in {"", "List", "Struct"}
    assert Feature(tree).asset is None
    assert Feature(tree).value == ""
    assert Feature(tree).words()


def test_json_and_empty_structs_need_a_second_look() -> None:
    assert of(List(datasets.Json())).needs_cells()
    assert Feature({"a": {}}).needs_cells()
    assert Feature(value_tree("extension<arrow.json>")).holds_json_text
    assert not of({"a": Value("string")}).needs_cells()
