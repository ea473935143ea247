"""dspreview for Python: the same answers as on the command line."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import threading
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Audio, ClassLabel, Features, Value

import dspreview
from dspreview import errors
from tests.support.data import parquet, picture, write

ROWS = {"n": [3, 1, None], "t": ["c", "a <b>", None]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two splits."""
    return write(tmp_path / "d", {"train.parquet": parquet(ROWS), "test.parquet": parquet({"n": [9], "t": ["z"]})})


@pytest.fixture
def opened(data: Path, tmp_path: Path) -> dspreview.Dataset:
    """The same, with a cache of its own."""
    return dspreview.open(str(data), DSPREVIEW_DATABASE=tmp_path / "x.sqlite")


def test_splits_and_rows(opened: dspreview.Dataset) -> None:
    assert opened.configs == ["default"]
    assert opened.splits == [("default", "train"), ("default", "test")]
    split = opened.split(split="train")
    assert split.num_rows == 3
    assert split.features["t"] == {"dtype": "string", "_type": "Value"}
    assert split.rows() == [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]
    assert split.rows(1, 1) == [{"n": 1, "t": "a <b>"}]
    assert list(split) == split.rows()


def test_questions(opened: dspreview.Dataset) -> None:
    split = opened.split("default", "train")
    assert split.filter("n > 0", "n") == [{"n": 1, "t": "a <b>"}, {"n": 3, "t": "c"}]
    assert split.search("b")[0]["n"] == 1
    assert [one["column_name"] for one in split.stats("n")] == ["n"]
    assert split.sql("SELECT sum(n)::INT AS s FROM split").to_pylist() == [{"s": 4}]
    assert opened.sql(
        "SELECT a.n, o.test.n AS m FROM train a JOIN o.test ON true WHERE a.n = 3", o=opened
    ).to_pylist() == [{"n": 3, "m": 9}]


def test_tables_and_files(opened: dspreview.Dataset, tmp_path: Path) -> None:
    split = opened.split("default", "train")
    assert split.to_arrow(where="n IS NOT NULL", orderby="n", columns=["n"]).to_pydict() == {"n": [1, 3]}
    assert split.to_pandas(columns=["t"])["t"].tolist()[:2] == ["c", "a <b>"]
    written = split.export(str(tmp_path / "out.parquet"))
    assert (written.num_rows, pq.read_table(tmp_path / "out.parquet").to_pydict()) == (3, ROWS)
    with pytest.raises(errors.UsageError, match="--force"):
        split.export(str(tmp_path / "out.parquet"))


def test_failures_are_those_of_the_command_line(opened: dspreview.Dataset, tmp_path: Path) -> None:
    with pytest.raises(errors.SplitNotFoundError):
        opened.split("default", "x")
    with pytest.raises(errors.ConfigNotFoundError):
        opened.split("nothing", "test")
    with pytest.raises(errors.UsageError, match="nope"):
        opened.split("default", "test").filter("nope > 1")
    with pytest.raises(errors.UsageError, match="only SELECT"):
        opened.sql("DROP VIEW train")
    with pytest.raises(errors.DatasetNotFoundError):
        _ = dspreview.open("./nothing-here", DSPREVIEW_DATABASE=tmp_path / "x.sqlite").splits
    with pytest.raises(errors.SettingsError):
        dspreview.open("glue", ROWS_MAX_NUMBER="many")
    with pytest.raises(errors.NotCachedError):
        _ = dspreview.open("./x", cached=True, DSPREVIEW_DATABASE=tmp_path / "x.sqlite").splits


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -1), (0, 101)])
def test_rows_that_there_are_not_are_refused(offset: int, length: int, opened: dspreview.Dataset) -> None:
    split = opened.split("default", "train")
    with pytest.raises(errors.UsageError, match="expected"):
        split.rows(offset, length)
    if length < 100:
        with pytest.raises(errors.UsageError, match="expected"):
            split.filter("n > 0", offset=offset, length=length)


def test_paths_and_settings_are_what_they_say(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for word in (data, Path("d"), "./d"):
        assert len(dspreview.open(word, DSPREVIEW_DATABASE=tmp_path / "x.sqlite").splits) == 2
    with pytest.raises(errors.SettingsError, match="ROWS_MAX_NUMBER"):
        dspreview.open("./d", ROWS_MAX_NUMBR=2)
    found = dspreview.open(data, DSPREVIEW_DATABASE=tmp_path / "x.sqlite").sql(
        "SELECT count(*) AS c FROM o.train", o="./d"
    )
    assert found.to_pylist() == [{"c": 3}]


def test_without_polars_its_package_is_named(opened: dspreview.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(errors.MissingPackageError, match="pip install polars"):
        opened.split("default", "test").to_polars()


def test_a_check_is_a_report(opened: dspreview.Dataset) -> None:
    report = opened.check(sample=None)
    assert (report.splits_checked, report.rows_read) == (2, 4)
    assert all(one.severity == "info" for one in report.findings)


def test_files_have_their_paths_and_notebooks_their_thumbnails(tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"cat/a.png": picture(), "dog/<script>.png": picture(size=(300, 20))})
    split = dspreview.open(str(data), DSPREVIEW_DATABASE=tmp_path / "x.sqlite").split()
    rows = split.rows()
    assert [Path(row["image"]["file"]).read_bytes() for row in rows] == [picture(size=(300, 20)), picture()][::-1]
    html = split._repr_html_()
    assert html.count("data:image/png;base64,") == 2
    assert str(tmp_path) not in html.replace(str(data), "")
    assert len(html) < 500_000


def test_nothing_in_a_notebook_is_obeyed(tmp_path: Path) -> None:
    data = write(
        tmp_path / "d",
        {"a.parquet": parquet({"<img src=x>": ["<script>alert(1)</script>"], "j": [{"k": "<b>\x1b[2J"}]})},
    )
    html = dspreview.open(str(data), DSPREVIEW_DATABASE=tmp_path / "x.sqlite").split()._repr_html_()
    assert "<script>" not in html
    assert "<img src=x>" not in html
    assert "<b>" not in html
    assert "\x1b" not in html


def test_several_threads_ask_one_object(opened: dspreview.Dataset) -> None:
    split = opened.split("default", "train")
    found: list[Any] = []

    def ask() -> None:
        found.append((split.rows(), split.filter("n = 1"), split.sql("SELECT count(*) AS c FROM split").to_pylist()))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(one == found[0] for one in found)


def test_the_import_brings_nothing_along() -> None:
    code = "import sys, json, dspreview; print(json.dumps(sorted(sys.modules))); assert 'open' in dir(dspreview)"
    modules = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    assert not modules & {
        "pyarrow",
        "datasets",
        "duckdb",
        "sqlite3",
        "typer",
        "rich",
        "huggingface_hub",
        "numpy",
        "pandas",
    }


STAYS = """
import os, resource, socket, sys, threading, warnings
import dspreview

def state():
    return dict(os.environ), resource.getrlimit(resource.RLIMIT_DATA), list(warnings.filters)

before = state()
split = dspreview.open(sys.argv[1], DSPREVIEW_DATABASE=sys.argv[2]).split()
assert len(split.rows()) == 2 and len(split.filter("a = 1")) == 1
after = state()
assert "datasets" in sys.modules
assert before[0] == after[0], set(after[0].items()) ^ set(before[0].items())
assert before[1] == after[1]
assert before[2] == [one for one in after[2] if one in before[2]]
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
print("as it was")
"""


def test_the_process_stays_as_it_was(tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.tsv": "a\tb\n1\tx\n2\ty\n"})  # through `datasets`
    found = subprocess.run([sys.executable, "-c", STAYS, data, tmp_path / "x.sqlite"], capture_output=True, text=True)
    assert found.stdout == "as it was\n", found.stderr


def test_a_dataset_leads_nowhere_private_from_a_notebook_either(tmp_path: Path) -> None:
    readme = "---\nconfigs:\n- {config_name: x, data_files: 'http://127.0.0.1:9/a.csv'}\n---\n"
    data = write(tmp_path / "d", {"README.md": readme})
    code = "import sys, dspreview; dspreview.open(sys.argv[1], DSPREVIEW_DATABASE=sys.argv[2]).split()"
    online = os.environ | {"HF_HUB_OFFLINE": "0"}
    found = subprocess.run(
        [sys.executable, "-c", code, data, tmp_path / "x.sqlite"], capture_output=True, text=True, env=online
    )
    assert "does not connect to it" in found.stderr


def test_an_answer_of_sql_is_arrow(opened: dspreview.Dataset) -> None:
    assert isinstance(opened.sql("SELECT 1 AS a"), pa.Table)


def test_a_part_of_a_split_is_one(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(10)))
    (tmp_path / "d").mkdir()
    (tmp_path / "train.csv").rename(tmp_path / "d" / "train.csv")
    here = dspreview.open(tmp_path / "d", DSPREVIEW_DATABASE=tmp_path / "x.sqlite")
    split = here.split("default", "train[2:4]+train[-1:]")
    assert [row["n"] for row in split.rows()] == [2, 3, 9]
    assert [row["n"] for row in split.rows(1, 1)] == [3]
    assert [row["n"] for row in split] == [2, 3, 9]
    assert (split.num_rows, split.to_arrow().num_rows) == (3, 3)
    assert "<table" in split._repr_html_()


def test_a_report_is_one_file_that_loads_nothing(opened: dspreview.Dataset, tmp_path: Path) -> None:
    report = opened.report(str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert report.findings == []
    assert "in order (2 splits, 4 rows looked at)" in page
    for told in ("default/train", "default/test", "a &lt;b&gt;", "rows of 3"):
        assert told in page
    assert re.findall(r"(?:src|href)=\"(?!data:)", page) == []
    assert "<script" not in page
    with pytest.raises(dspreview.errors.UsageError, match="No such file"):
        opened.report(str(tmp_path / "nowhere" / "report.html"))


def test_a_page_shows_conversations_and_short_sounds(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "hi <there>"}, {"role": "assistant", "content": "hello"}]
    sound = BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(200))
    features = Features({"audio": Audio(), "n": Value("int64")})
    write(
        tmp_path / "d",
        {
            "chat/train.jsonl": json.dumps({"messages": messages}),
            "sound/train.parquet": parquet(pa.table({"audio": [{"bytes": sound.getvalue(), "path": None}], "n": [1]}, schema=features.arrow_schema)),
            "README.md": "---\nconfigs:\n- {config_name: chat, data_dir: chat}\n- {config_name: sound, data_dir: sound}\n---\n",
        },
    )  # fmt: skip
    here = dspreview.open(str(tmp_path / "d"), DSPREVIEW_DATABASE=tmp_path / "x.sqlite")
    chat = here.split("chat", "train")._repr_html_()
    assert "<b>user</b> hi &lt;there&gt;" in chat
    assert "<b>assistant</b> hello" in chat
    assert 'src="data:audio/wav;base64,' in here.split("sound", "train")._repr_html_()


def test_a_notebook_shows_classes_by_name_and_types_in_words(tmp_path: Path) -> None:
    """A date, a number and a name are not broken; a sound too long to be inlined is told."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(160_000))
    features = Features(
        {"kind": ClassLabel(names=["cat", "dog"]), "day": Value("date32"), "n": Value("int64"), "sound": Audio()}
    )
    rows = {
        "kind": [1],
        "day": [dt.date(2020, 1, 2)],
        "n": [7],
        "sound": [{"bytes": buffer.getvalue(), "path": "a.wav"}],
    }
    data = write(tmp_path / "d", {"a.parquet": parquet(pa.table(rows, schema=features.arrow_schema))})
    html = dspreview.open(str(data), DSPREVIEW_DATABASE=tmp_path / "x.sqlite").split()._repr_html_()
    for told in (
        '<td class="w">dog</td>', '<td class="w">2020-01-02</td>', '<td class="n">7</td>', "<i>audio, 10 s · 8 kHz", ">category of 2</small>", ">date</small>",
    ):  # fmt: skip
        assert told in html
    assert "assets/" not in html
