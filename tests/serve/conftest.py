"""One server for all tests that only read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import Audio, ClassLabel, Features, Image, List, Nifti, Value
from datasets.table import embed_table_storage

from tests.support.data import parquet, picture, sound, write
from tests.support.program import Program
from tests.support.server import Server

HOSTILE = "<script>window.ran=1</script>"


class Site:
    """A server, its program, and the datasets that are cached."""

    def __init__(self, program: Program, server: Server, folder: Path) -> None:
        self.program, self.server, self.folder = program, server, folder
        self.media = str(folder / "media.parquet")
        self.table = str(folder / "table.csv")
        self.hostile = str(folder / "hostile")
        self.numbers = str(folder / "numbers.parquet")
        self.scripts = str(folder / "scripts.parquet")

    def rows(self, dataset: str, *words: str) -> Any:
        """What the command prints."""
        return self.program("rows", dataset, *words, "--json").json

    def assets(self, dataset: str) -> list[str]:
        """The paths of the assets of a dataset."""
        found: list[str] = []

        def look(value: Any) -> None:
            if isinstance(value, dict) and "src" in value:
                found.append("/" + value["src"])
            for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                look(item)

        look([row["row"] for row in self.rows(dataset)["rows"]])
        return found


def media_file() -> bytes:
    """Three rows with a picture, a sound and a film, one of them broken, one null."""
    features = Features(
        {
            "name": Value("string"),
            "kind": ClassLabel(names=["cat", "dog"]),
            "image": Image(),
            "sound": Audio(decode=False),
            "both": List(Image()),
        }
    )
    image = {"bytes": picture("RGB", (64, 48), "JPEG"), "path": "a b%.jpg"}
    rows = [
        {"name": "first", "kind": 0, "image": image, "sound": {"bytes": sound(40.0), "path": "long.wav"}, "both": [image, image]},
        {"name": "second", "kind": 1, "image": {"bytes": b"no picture", "path": "x.png"}, "sound": None, "both": []},
        {"name": "third", "kind": 1, "image": {"bytes": picture("RGBA"), "path": None}, "sound": {"bytes": sound(0.5), "path": "s.wav"}, "both": []},
    ]  # fmt: skip
    import pyarrow as pa

    storage = {name: [row[name] for row in rows] for name in features}
    plain = pa.table(storage, schema=features.arrow_schema)
    return parquet(embed_table_storage(plain).replace_schema_metadata(features.arrow_schema.metadata))


def script_files() -> bytes:
    """Files that a browser would run."""
    import pyarrow as pa

    features = Features({"file": Nifti()})
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.ran=4</script></svg>"
    rows = [{"bytes": b"<script>window.ran=5</script>", "path": "x.html"}, {"bytes": svg, "path": "x.svg"}]
    return parquet(pa.table({"file": rows}, schema=features.arrow_schema))


def hostile_files() -> dict[str, bytes | str]:
    """Names and cells that want to run."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([HOSTILE, "javascript:alert(1)", "file", "nested"])
    writer.writerow(
        ['"><img src=x onerror=window.ran=2>', "javascript:window.ran=3", "assets/../../../etc/passwd", "\u202eevil"]
    )
    writer.writerow(["{{ 7*7 }}", "http://example.com/?<b>", '{"src": "assets/x/--/y/z/0/a/b.svg"}', "\x1b[31mred\x00"])
    return {"data.csv": text.getvalue()}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on datasets of every kind."""
    folder = tmp_path_factory.mktemp("site")
    home = folder / "home"
    home.mkdir()
    program = Program(home)
    numbers = {"n": list(range(300)), "half": [n / 2 for n in range(300)], "word": [f"w{n % 3}" for n in range(300)]}
    write(
        folder,
        {
            "media.parquet": media_file(),
            "table.csv": "a,b\n1,x\n2,y\n",
            "numbers.parquet": parquet(numbers, row_group_size=100),
            "scripts.parquet": script_files(),
            **{f"hostile/{name}": data for name, data in hostile_files().items()},
        },
    )
    for name in ("media.parquet", "table.csv", "hostile", "numbers.parquet", "scripts.parquet"):
        done = program("rows", str(folder / name), "--json")
        assert done.code == 0, done.err
    server = Server(program)
    yield Site(program, server, folder)
    program.stop()


@pytest.fixture
def serve(dspreview: Program) -> Callable[..., Server]:
    """Starts a server of the test's own program."""

    def start(*words: str, **env: str) -> Server:
        return Server(dspreview, *words, **env)

    return start
