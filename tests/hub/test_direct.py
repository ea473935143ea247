"""The direct path on the Hub: the same listing and pages as through `datasets`, in fewer requests, and without importing it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import Audio, ClassLabel, Features, Image, List, Value

from dspreview.models import Page
from tests.support.data import parquet, picture, sound
from tests.support.hub import TOKEN, Hub, cut_off, refuse_with
from tests.support.program import Program

BOTH_WAYS = """
import json, os, sys, tempfile
from pathlib import Path
from dspreview.errors import PreviewError
from dspreview.local import identify
from dspreview.extract.extractor import Extractor, open_library
from dspreview.models import SplitId
from dspreview.settings import resolve
from dspreview.page.staging import Staging

class LongWay(Extractor):
    ways = (open_library,)

def told(extractor, ref):
    listing = extractor.list(ref)
    pages = {}
    for config in listing.configs:
        for split in config.splits:
            folder = Path(tempfile.mkdtemp())
            staging = Staging(folder / "assets", folder / "work")
            for place in staging:
                place.mkdir()
            try:
                page = extractor.page(ref, listing.dataset, SplitId(config.config, split.split), staging)
            except PreviewError as error:
                page = [type(error).__name__, str(error)]
            files = {file.name: file.read_bytes().hex() for file in staging.assets.iterdir()}
            pages[f"{config.config}/{split.split}"] = [page, files]
    return [listing, pages]

ref = identify(sys.argv[1])
answers = []
for kind in (Extractor, LongWay):
    extractor = kind(resolve({}))
    answers.append(told(extractor, ref))
    answers.append("datasets" in sys.modules)
print(json.dumps(answers, default=str), flush=True)
os._exit(0)  # as the program itself ends: threads of libraries may still be alive
"""


def both_ways(program: Program, name: str) -> tuple[Any, bool, Any]:
    """The answer of the direct path, whether it needed `datasets`, and that of the long way."""
    done = subprocess.run(
        [sys.executable, "-c", BOTH_WAYS, name],
        env=program.environment(), capture_output=True, text=True, cwd=program.home, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    direct, imported, long, _ = json.loads(done.stdout)
    return direct, imported, long


FEATURES = Features(
    {
        "label": ClassLabel(names=["a", "b"]), "image": Image(), "sound": Audio(sampling_rate=8_000),
        "many": List(Value("int64")), "nested": {"a": Value("int32"), "b": List({"c": Value("string")})},
        "at": Value("timestamp[us, tz=UTC]"), "text": Value("string"),
    }
)  # fmt: skip
ROWS = {
    "label": [0, None], "image": [{"bytes": picture(), "path": "a.png"}, None], "sound": [{"bytes": sound(), "path": None}, None],
    "many": [[1, 2], None], "nested": [{"a": 1, "b": [{"c": "x"}]}, None], "at": [0, None], "text": ["x" * 5_000, ""],
}  # fmt: skip
INFO = """
dataset_info:
  features:
  - name: label
    dtype:
      class_label:
        names:
          '0': 'no'
          '1': yes_
  - {name: t, dtype: string}
  - name: l
    sequence: int64
  - name: s
    struct:
    - {name: x, dtype: float32}
  splits:
  - {name: train, num_bytes: 1234, num_examples: 3}
  download_size: 5
  dataset_size: 6
"""
DECLARED = pa.schema(
    [("label", pa.int64()), ("t", pa.string()), ("l", pa.list_(pa.int64())), ("s", pa.struct([("x", pa.float32())]))]
)
PLAIN = pa.table(
    {"label": [0, 1, 1], "t": ["a", None, "c"], "l": [[1], [], None], "s": [{"x": 0.1}, None, {"x": None}]}, DECLARED
)
CONFIGS = """
configs:
- config_name: one
  data_files: one/*.parquet
- config_name: two
  default: true
  data_dir: two
- config_name: three
  data_files:
  - split: a.b
    path: [three/x.parquet, "one/1.parquet"]
  - {split: c, path: "three/*"}
dataset_info:
- config_name: one
  splits:
  - {name: train, num_bytes: 0, num_examples: 77}
- config_name: three
  features:
  - {name: n, dtype: int64}
"""
NUMBERS = parquet({"n": [1, 2, 3]})
LAYOUTS: dict[str, dict[str, bytes | str]] = {
    "invalid text": {"a.parquet": parquet({"t": pa.array([b"\xff"]).view(pa.binary()).cast(pa.string(), safe=False)})},
    "media": {"data/train-00000-of-00001.parquet": parquet(pa.table(ROWS, schema=FEATURES.arrow_schema))},
    "readme": {"README.md": f"---\nlicense: mit\n{INFO}---\ntext", "train.parquet": parquet(PLAIN)},
    "configs": {
        "README.md": f"---\n{CONFIGS}---\n", "one/0.parquet": NUMBERS, "one/1.parquet": NUMBERS,
        "two/train/0.parquet": NUMBERS, "two/test/0.parquet": NUMBERS, "three/x.parquet": NUMBERS, "LICENSE": "free",
    },
    "many groups": {"data/test-00000-of-00001.parquet": parquet({"n": range(5_000), "t": ["x" * 99] * 5_000}, row_group_size=30)},
    "many files": {f"data/train-{n:05d}-of-00030.parquet": parquet({"n": [n]}) for n in range(30)},
    "no rows": {"a.parquet": parquet(pa.table({"n": pa.array([], pa.int64())}))},
    "csv": {"train.csv": "a,b\n1,x\n2,\n", "test.csv": "a,b\n3,é\n"},
    "large csv": {"a.csv": "n,t,x\n" + "".join(f"{n},text {n},{n / 2}\n" for n in range(9_000)) + "0.5,x,y\n"},
    "json lines": {"data/train.jsonl": '{"a": 1, "m": [{"role": "user", "content": "é"}]}\n' * 3},
    "large json lines": {
        "README.md": "---\nconfigs:\n- {config_name: x, data_files: a.jsonl}\ndataset_info:\n  config_name: x\n  splits:\n"
        "  - {name: train, num_bytes: 5, num_examples: 9000}\n---\n",
        "a.jsonl": "".join(json.dumps({"n": n, "d": "2020-01-01", "t": "x" * (n % 90)}) + "\n" for n in range(9_000)),
    },
    "quoted names": {"data set/tr ain#1%20.parquet": NUMBERS, "train/é ü.parquet": NUMBERS},
}  # fmt: skip


def labelled(feature: Any) -> bytes:
    """A file that declares a feature for its column."""
    told = json.dumps({"info": {"features": {"n": feature}}})
    return parquet(pa.table({"n": [0, 1]}).replace_schema_metadata({"huggingface": told}))


OTHERS: dict[str, dict[str, bytes | str]] = {
    "csv with an option": {"README.md": "---\nconfigs:\n- {config_name: x, data_files: a.csv, sep: ;}\n---\n", "a.csv": "a;b\n1;x\n"},
    "csv in two parts": {"train-0.csv": "a,b\n1,x\n", "train-1.csv": "a,b\n2,y\n"},
    "decimals": {"a.parquet": parquet({"n": pa.array([1, 2], pa.decimal128(5, 2))})},
    "large strings": {"README.md": f"---\n{INFO}---\n", "a.parquet": parquet(PLAIN.set_column(1, "t", PLAIN["t"].cast(pa.large_string())))},
    "other order": {"README.md": f"---\n{INFO}---\n", "a.parquet": parquet(PLAIN.select([3, 2, 1, 0]))},
    "a column less": {"README.md": f"---\n{INFO}---\n", "a.parquet": parquet(PLAIN.select([0, 1, 2]))},
    "disagreeing": {"a.parquet": NUMBERS, "b.parquet": parquet({"n": ["x"]})},
    "no parquet": {"a.parquet": b"PAR1 this is none PAR1"},
    "files beside": {
        "a.parquet": parquet(pa.table({"i": [{"bytes": None, "path": "p.png"}]}, schema=Features({"i": Image()}).arrow_schema)),
        "p.png": picture(),
    },
    "an option": {"README.md": "---\nconfigs:\n- {config_name: x, data_files: a.parquet, columns: [n]}\n---\n", "a.parquet": NUMBERS},
    "a broken config": {
        "README.md": "---\nconfigs:\n- {config_name: x, data_files: a.parquet}\n- {config_name: y, data_files: none/*}\n---\n",
        "a.parquet": NUMBERS,
    },
    "splits that are a number": {"README.md": "---\ndataset_info:\n  splits: 5\n---\n", "a.parquet": NUMBERS},
    "splits with more words": {
        "README.md": "---\ndataset_info:\n  splits:\n  - {name: train, num_bytes: 3, num_examples: 9, foo: 3}\n---\n", "a.parquet": NUMBERS,
    },
    "a config of no name": {"README.md": "---\ndataset_info:\n  config_name: null\n---\n", "a.parquet": NUMBERS},
    "odd labels": {"a.parquet": labelled({"num_classes": [2], "names": ["a", "b"], "_type": "ClassLabel"})},
    "a type with an id": {"a.parquet": labelled({"dtype": "int64", "id": "x", "_type": "Value"})},
    "deep features": {"a.parquet": labelled(json.loads('{"a":' * 900 + '{"dtype":"int64","_type":"Value"}' + "}" * 900))},
    "a name with hops": {"a::b.parquet": NUMBERS, "c.parquet": NUMBERS},
    "a struct as a mapping": {
        "README.md": "---\ndataset_info:\n  features:\n  - name: s\n    struct: {name: q, dtype: int64}\n---\n",
        "a.parquet": parquet({"s": [{"q": 1}]}),
    },
    "older infos": {
        "dataset_infos.json": json.dumps({"me--data": {"features": {"n": {"names": ["a", "b", "c", "d"], "_type": "ClassLabel"}}}}),
        "a.parquet": NUMBERS,
    },
    "no columns": {"a.parquet": parquet(pa.table({}))},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_to_the_byte_without_datasets(layout: str, online: Program, hub: Hub) -> None:
    hub.add("me/data", LAYOUTS[layout])
    direct, imported, long = both_ways(online, "me/data")
    assert not imported
    assert direct == long
    assert direct[1]
    assert all(Page(*page).features for page, _ in direct[1].values())


@pytest.mark.parametrize("layout", OTHERS)
def test_what_is_not_plain_takes_the_long_way_and_gives_its_answer(layout: str, online: Program, hub: Hub) -> None:
    hub.add("me/data", OTHERS[layout])
    direct, imported, long = both_ways(online, "me/data")
    assert imported
    assert direct == long


TYPED = """---
dataset_info:
  features:
  - {name: id, dtype: int64}
  - {name: t, dtype: string}
  splits:
  - {name: train, num_bytes: 1, num_examples: 150}
---
"""
RECORDS = [{"id": n, "t": f"text {n}"} for n in range(150)]
EXPORT = parquet({"id": [row["id"] for row in RECORDS], "t": [row["t"] for row in RECORDS]})


def test_the_export_of_the_same_revision_is_read_where_features_are_declared(online: Program, hub: Hub) -> None:
    online.env["HF_ENDPOINT"] = hub.local_url
    hub.add("me/data", {"README.md": TYPED, "train.jsonl": "".join(json.dumps(row) + "\n" for row in RECORDS)})
    hub.export("me/data", {"default/train/0000.parquet": EXPORT})
    direct, imported, long = both_ways(online, "me/data")
    assert not imported
    assert direct == long
    assert Page(*direct[1]["default/train"][0]).num_rows_total == 150


@pytest.mark.parametrize(
    ("export", "stale"),
    [(EXPORT, True), (b"PAR1", False), (parquet({"id": [1]}), False), (parquet({"id": ["a"], "t": ["b"]}), False),
     (parquet({"id": [1], "t": ["b"]}), False)],
)  # fmt: skip
def test_another_export_is_not(export: bytes, stale: bool, online: Program, hub: Hub) -> None:
    online.env["HF_ENDPOINT"] = hub.local_url
    hub.add("me/data", {"README.md": TYPED, "train.jsonl": "".join(json.dumps(row) + "\n" for row in RECORDS)})
    hub.export("me/data", {"default/train/0000.parquet": export}, stale=stale)
    page = online("rows", "me/data", "--json").json
    assert [row["row"] for row in page["rows"]] == RECORDS[:100]


def test_an_export_of_several_files_has_as_many_rows_as_the_readme_tells(online: Program, hub: Hub) -> None:
    online.env["HF_ENDPOINT"] = hub.local_url
    hub.add("me/data", {"README.md": TYPED, "train.jsonl": "".join(json.dumps(row) + "\n" for row in RECORDS)})
    more = parquet({"id": [1], "t": ["x"]})
    hub.export(
        "me/data",
        {
            "default/train/0000.parquet": parquet({"id": range(1_000, 1_120), "t": ["y"] * 120}),
            "default/train/0001.parquet": more,
        },
    )
    assert online("rows", "me/data", "--json").row_values[0] == RECORDS[0]


def test_an_id_without_an_owner_never_ends_in_a_bug(online: Program, hub: Hub) -> None:
    hub.add("single", {"a.parquet": parquet({"n": list(range(300))})})
    for words in ("splits", "rows", "rows --offset 200", "stats", "check"):
        command, *rest = words.split()
        assert online(command, "single", *rest).code == 0, words


def test_a_large_cell_comes_once(online: Program, hub: Hub) -> None:
    pick = random.Random(1)
    table = {"a": [pick.randbytes(200_000)] * 2, "b": [pick.randbytes(40_000_000), pick.randbytes(30_000_000)]}
    hub.add("me/data", {"a.parquet": parquet(table, compression="none", use_dictionary=False)})
    assert online("rows", "me/data", "--json").code == 0
    assert sum(one.sent for one in hub.seen) < 90_000_000


def test_csv_takes_few_requests_and_no_datasets(online: Program, hub: Hub) -> None:
    files: dict[str, bytes | str] = {"train/a.csv": "a,b\n1,x\n", "test/a.csv": "a,b\n2,y\n"}
    hub.add("me/data", files)
    direct, imported, long = both_ways(online, "me/data")
    assert not imported
    assert direct == long
    before = len(hub.seen)
    assert online("splits", "me/data", "--json").code == 0
    assert len(hub.seen) - before == 2


def test_requests_of_a_first_answer(online: Program, hub: Hub) -> None:
    hub.add("me/data", LAYOUTS["configs"])
    assert len(online("splits", "me/data", "--json").json["splits"]) == 5
    paths = [one.path.partition("?")[0] for one in hub.seen]
    revision = hub.repositories["me/data"].commits[-1].sha
    assert paths == ["/api/datasets/me/data", f"/api/datasets/me/data/tree/{revision}"]
    before = len(hub.seen)
    assert online("rows", "me/data", "one", "train", "--json").json["num_rows_total"] == 6
    # the description once more, and each small file by a redirect
    assert len(hub.seen) - before == 1 + 2 * 2


def test_the_hub_fails_while_a_page_is_read(online: Program, hub: Hub) -> None:
    hub.add("me/data", {"a.parquet": NUMBERS})
    assert online("splits", "me/data", "--json").code == 0
    hub.fault = refuse_with(503, part="/datasets/me/data/resolve")
    result = online("rows", "me/data", "--json")
    assert (result.code, result.json["status_code"]) == (5, 503)
    hub.fault = cut_off("me/data")
    assert online("rows", "me/data", "--json").code == 5
    hub.fault = None
    assert online("rows", "me/data", "--json").row_values == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_the_tree_is_refused(online: Program, hub: Hub) -> None:
    hub.add("me/data", {"a.parquet": NUMBERS})
    hub.fault = refuse_with(403, part="/api/datasets/me/data/tree")
    assert online("splits", "me/data", "--json").code == 4


def test_private_data_needs_and_shows_the_token_to_the_hub_only(online: Program, hub: Hub) -> None:
    hub.add("me/private", {"a.parquet": NUMBERS}, private=True, readers={TOKEN})
    allowed = {"HF_TOKEN": TOKEN, "DATASETS_ENABLE_PRIVATE": "true"}
    assert online("rows", "me/private", "--json", **allowed).row_values == [{"n": 1}, {"n": 2}, {"n": 3}]
    told = {(one.origin, one.token) for one in hub.seen if one.path != "/api/agent-harnesses"}
    assert told == {("hub", TOKEN), ("cdn", None)}


def test_a_folder_without_datasets(dspreview: Program, tmp_path: Path) -> None:
    for name, data in LAYOUTS["configs"].items():
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    direct, imported, long = both_ways(dspreview, str(tmp_path / "d"))
    assert not imported
    assert direct == long
    (tmp_path / "secret.parquet").write_bytes(NUMBERS)
    (tmp_path / "d" / "one" / "2.parquet").symlink_to(tmp_path / "secret.parquet")
    result = dspreview("rows", tmp_path / "d", "one", "train", "--json")
    assert result.code == 6
    assert "outside the dataset" in result.err
