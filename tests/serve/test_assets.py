"""GET /assets: bytes, parts, conditions, headers; and nothing but what the cache knows."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from tests.serve.conftest import Site
from tests.support.data import picture, sound, write
from tests.support.hub import TOKEN, Hub
from tests.support.program import Program
from tests.support.server import Server

LONG = sound(40.0)


def test_an_asset_is_the_bytes_of_the_dataset(site: Site) -> None:
    paths = site.assets(site.media)
    assert len(paths) == 6
    answer = site.server.get(paths[0])
    assert answer.status == 200
    assert answer.body == picture("RGB", (64, 48), "JPEG")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=120"
    assert answer.headers["accept-ranges"] == "bytes"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sandbox" in answer.headers["content-security-policy"]


def test_head_has_the_headers_and_no_bytes(site: Site) -> None:
    path = site.assets(site.media)[0]
    head, full = site.server.ask("HEAD", path), site.server.get(path)
    assert head.status == 200
    assert head.body == b""
    assert {k: v for k, v in head.headers.items() if k != "date"} == {
        k: v for k, v in full.headers.items() if k != "date"
    }


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=100000-", 100_000, len(LONG)), ("bytes=-7", len(LONG) - 7, len(LONG)),
     ("bytes=0-99999999", 0, len(LONG)), ("bytes=-99999999", 0, len(LONG)), ("bytes=0-" + "9" * 40, 0, len(LONG)), ("bytes=300000-600000", 300_000, 600_001)],
)  # fmt: skip
def test_a_part_of_a_file_is_sent(site: Site, asked: str, start: int, end: int) -> None:
    path = next(path for path in site.assets(site.media) if path.endswith("long.wav"))
    answer = site.server.get(path, Range=asked)
    assert answer.status == 206
    assert answer.body == LONG[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(LONG)}"
    assert answer.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize("asked", [f"bytes={len(LONG)}-", "bytes=-0", "bytes=" + "9" * 40 + "-"])
def test_a_part_beyond_the_end_is_refused(site: Site, asked: str) -> None:
    path = next(path for path in site.assets(site.media) if path.endswith("long.wav"))
    answer = site.server.get(path, Range=asked)
    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{len(LONG)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=0-1,4-5", "bytes=-"])
def test_a_part_that_makes_no_sense_is_the_whole(site: Site, asked: str) -> None:
    answer = site.server.get(site.assets(site.media)[0], Range=asked)
    assert answer.status == 200
    assert answer.body == picture("RGB", (64, 48), "JPEG")


def test_what_the_client_has_is_not_sent_again(site: Site) -> None:
    path = site.assets(site.media)[0]
    first = site.server.get(path)
    tag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"If_None_Match": tag}, {"If_None_Match": f'"other", W/{tag}'}, {"If_None_Match": "*"}, {"If_Modified_Since": modified},
    ):  # fmt: skip
        answer = site.server.get(path, **headers)
        assert answer.status == 304, headers
        assert answer.body == b""
        assert answer.headers["etag"] == tag
    earlier = formatdate(parsedate_to_datetime(modified).timestamp() - 60, usegmt=True)
    for headers in ({"If_None_Match": '"other"'}, {"If_Modified_Since": earlier}, {"If_Modified_Since": "nonsense"}):
        assert site.server.get(path, **headers).status == 200, headers


def test_a_part_of_another_version_is_the_whole_of_this_one(site: Site) -> None:
    path = site.assets(site.media)[0]
    tag = site.server.get(path).headers["etag"]
    assert site.server.get(path, Range="bytes=0-1", If_Range=tag).status == 206
    assert site.server.get(path, Range="bytes=0-1", If_Range='"old"').status == 200


def climbing(site: Site) -> list[str]:
    """Ways to ask for what is no asset."""
    real = site.assets(site.media)[0]
    name = quote(site.media, safe="")
    secret = str(site.program.database)
    up = "../" * 12
    return [
        f"/assets/{up}etc/passwd", f"/assets/{up}{secret}", "/assets/..%2f..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/%252e%252e%252fetc%252fpasswd", "/assets/..%c0%af..%c0%afetc/passwd", "/assets/....//....//etc/passwd",
        "/assets/..\\..\\etc\\passwd", f"/assets/{secret}", f"/assets/{quote(secret, safe='')}", "/assets//etc/passwd",
        f"{real}%00", f"{real}%00.png", f"{real}/", f"{real}/..", f"{real}?/../../x"[:-10] + "x", "/assets/", "/assets/--/",
        f"/assets/{name}/--/default/train/0/image/{up}x", f"/assets/{name}/--/default/train/1/image/x.png",
        "/assets/" + "a" * 10_240, "/assets/" + "%2e%2e%2f" * 1_200, "/assets/.derived/x", "/assets/.staging/x", "/assets/%ff%fe",
        f"/assets/{name}/--/default/train/0/image/a%20b%25.jpg.html",
    ]  # fmt: skip


def test_nothing_but_the_assets_of_the_cache_is_served(site: Site) -> None:
    for path in climbing(site):
        answer = site.server.get(path)
        assert answer.status == 404, path
        assert answer.body == b"Not Found"
    assert site.server.get(site.assets(site.media)[0]).status == 200


def test_the_same_name_in_another_encoding_is_the_same_asset(site: Site) -> None:
    path = next(path for path in site.assets(site.media) if "a%20b%25.jpg" in path or "a%20b_.jpg" in path)
    owner, _, rest = path.partition("/--/")
    other = owner.replace("%2F", "%2f") + "/--/" + "/".join(quote(unquote(part), safe="") for part in rest.split("/"))
    spelled = owner + "/--/" + rest.replace("default", "%64efault")
    assert site.server.get(other).status == 200
    assert site.server.get(spelled).status == 200


def test_a_link_in_the_asset_folder_leads_nowhere(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.png": picture(), "b.png": picture(size=(9, 9))})
    page = dspreview("rows", tmp_path / "d", "--json").json
    urls = ["/" + row["row"]["image"]["src"] for row in page["rows"]]
    server = serve()
    assert [server.get(url).status for url in urls] == [200, 200]  # also remembered
    files = sorted(path for path in dspreview.assets.rglob("*.png"))
    secret = tmp_path / "secret.png"
    secret.write_bytes(files[0].read_bytes())  # the very size that is expected
    os.unlink(files[0])
    os.symlink(secret, files[0])
    assert server.get(urls[0]).status == 404
    folder = files[0].parent
    moved = tmp_path / "moved"
    shutil.move(str(folder), str(moved))
    os.symlink(moved, folder)
    fresh = serve()
    assert fresh.get(urls[1]).status == 404


def test_an_asset_that_was_removed_or_changed_is_not_served(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.png": picture(), "b.png": picture(size=(9, 9))})
    page = dspreview("rows", tmp_path / "d", "--json").json
    urls = ["/" + row["row"]["image"]["src"] for row in page["rows"]]
    server = serve()
    assert [server.get(url).status for url in urls] == [200, 200]
    files = sorted(dspreview.assets.rglob("*.png"))
    files[0].unlink()
    files[1].write_bytes(b"something else, longer")
    assert [server.get(url).status for url in urls] == [404, 404]


def test_a_dataset_that_left_the_cache_is_not_served(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.png": picture()})
    url = "/" + dspreview("rows", tmp_path / "d", "--json").json["rows"][0]["row"]["image"]["src"]
    server = serve()
    assert server.get(url).status == 200
    with sqlite3.connect(dspreview.database) as connection:  # its file stays: only the cache forgets it
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM datasets")
    connection.close()
    deadline = time.monotonic() + 20
    while server.get(url).status == 200 and time.monotonic() < deadline:
        pass
    assert server.get(url).status == 404


def test_a_large_asset_removed_under_way_ends_the_connection(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    noise = os.urandom(12_000_000)
    write(tmp_path / "d", {"a.wav": LONG[:44] + noise, "metadata.csv": "file_name,x\na.wav,1\n"})
    page = dspreview("rows", tmp_path / "d", "--json").json
    url = "/" + page["rows"][0]["row"]["audio"][0]["src"]
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(server.request("GET", url))
        first = line.recv(1_000)
        assert first.startswith(b"HTTP/1.1 200")
        (file,) = dspreview.assets.rglob("*.wav")
        os.truncate(file, 1_000_000)
        got = len(first)
        while chunk := line.recv(1 << 16):
            got += len(chunk)
    assert got < len(noise)  # cut off, as a client that counts can see
    assert server.get("/healthcheck").text == "ok"


def test_slow_clients_hold_up_nobody(site: Site) -> None:
    path = next(path for path in site.assets(site.media) if path.endswith("long.wav"))
    lines = []
    for _ in range(50):
        line = socket.create_connection(("127.0.0.1", site.server.port))
        line.sendall(site.server.request("GET", path))  # and read nothing
        lines.append(line)
    for _ in range(50):
        line = socket.create_connection(("127.0.0.1", site.server.port))
        line.sendall(b"GET /heal")  # and say no more
        lines.append(line)
    assert [site.server.get("/healthcheck").text for _ in range(5)] == ["ok"] * 5
    assert site.server.get(path).body == LONG
    for line in lines:
        line.close()


def test_what_a_browser_would_run_is_handed_over_to_be_saved(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Features, Nifti

    features = Features({"file": Nifti()})
    rows = [
        {"bytes": b"<script>alert(1)</script>", "path": name}
        for name in ("x.html", "x.svg", "x.js", "x.xhtml", "x.pdf")
    ]
    table = pa.table({"file": rows}, schema=features.arrow_schema)
    pq.write_table(table, tmp_path / "f.parquet")
    page = dspreview("rows", tmp_path / "f.parquet", "--json").json
    urls = ["/" + row["row"]["file"]["src"] for row in page["rows"]]
    assert [url.rpartition(".")[2] for url in urls] == ["html", "svg", "js", "xhtml", "pdf"]
    server = serve()
    for url in urls:
        answer = server.get(url)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_assets_are_only_read(site: Site, method: str) -> None:
    answer = site.server.ask(method, site.assets(site.media)[0])
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


@pytest.fixture
def hub_images(online: Program, hub: Hub) -> dict[str, str]:
    """Three datasets of the Hub, and the path of an asset of each."""
    hub.add("me/open", {"a.png": picture()})
    hub.add("me/gated", {"a.png": picture()}, gated=True, readers={TOKEN})
    hub.add("me/private", {"a.png": picture()}, private=True, readers={TOKEN})
    online.env |= {"HF_TOKEN": TOKEN, "DATASETS_ENABLE_PRIVATE": "true"}
    paths = {}
    for name in ("open", "gated", "private"):
        done = online("rows", f"me/{name}", "--json")
        assert done.code == 0, done.err
        paths[name] = "/" + done.json["rows"][0]["row"]["image"]["src"]
    assert paths["open"] == "/assets/me/open/--/default/train/0/image/a.png"
    return paths


def test_scripts_of_other_sites_read_what_is_public_on_the_hub_only(
    site: Site, hub_images: dict[str, str], serve: Callable[..., Server]
) -> None:
    local = site.assets(site.media)[0]
    assert "access-control-allow-origin" not in site.server.get(local, Origin="https://evil.example").headers
    assert (
        site.server.get(local, Origin="http://localhost:3000").headers["access-control-allow-origin"]
        == "http://localhost:3000"
    )
    server = serve()
    assert server.get(hub_images["open"], Origin="https://x.example").headers["access-control-allow-origin"] == "*"
    assert server.get(hub_images["open"]).headers["cache-control"] == "public, max-age=120"
    for name in ("gated", "private"):
        assert "access-control-allow-origin" not in server.get(hub_images[name], Origin="https://x.example").headers
    asked = {
        "Origin": "https://x.example",
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "range",
    }
    preflight = server.ask("OPTIONS", hub_images["open"], None, **asked)
    assert preflight.status == 204
    named = serve("--allow-origin", "https://x.example")
    assert (
        named.get(hub_images["private"], Origin="https://x.example").headers["access-control-allow-origin"]
        == "https://x.example"
    )
    assert "access-control-allow-origin" not in named.get(hub_images["private"], Origin="https://y.example").headers


def test_other_machines_see_no_gated_or_private_entry(hub_images: dict[str, str], serve: Callable[..., Server]) -> None:
    away = serve("--host", "0.0.0.0")
    assert {name: away.get(path).status for name, path in hub_images.items()} == {
        "open": 200,
        "gated": 404,
        "private": 404,
    }
    for path in ("/splits", "/view"):
        assert away.query(path, dataset="me/gated").status == 404
    assert away.query("/rows", dataset="me/private", config="default", split="train").status == 404
    assert away.query("/is-valid", dataset="me/gated").json == {"valid": False}
    assert away.get("/valid").json["valid"] == ["me/open"]
    for path in ("/", "/cache-reports", "/queue-dump", "/valid"):
        text = away.get(path).text
        assert "me/gated" not in text
        assert "me/private" not in text
    here, told = serve(), serve("--host", "0.0.0.0", "--include-gated")
    for server in (here, told):
        assert {server.get(path).status for path in hub_images.values()} == {200}
        assert sorted(server.get("/valid").json["valid"]) == ["me/gated", "me/open", "me/private"]


def test_a_foreign_name_that_points_here_gets_nothing(site: Site) -> None:
    for host in ("evil.example", f"evil.example:{site.server.port}", "", "localhost.evil.example"):
        assert site.server.get(site.assets(site.media)[0], Host=host).status == 400, host
        assert site.server.get("/valid", Host=host).status == 400, host
    assert site.server.get("/healthcheck", Host="127.0.0.1").status == 200
    assert site.server.get("/healthcheck", Host="[::1]:80").status == 200
