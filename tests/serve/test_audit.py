"""What people with fresh eyes found, one test each."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pytest
from PIL import Image as Pillow

from tests.serve.conftest import Site
from tests.serve.test_endpoints import SECRET
from tests.serve.test_pages import Page, page_of
from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program
from tests.support.server import Server


def cached(program: Program, path: Path, table: dict[str, object] | pa.Table) -> str:
    """A Parquet file in the cache."""
    path.write_bytes(parquet(table))
    assert program("rows", path, "--json").code == 0
    return str(path)


@pytest.mark.parametrize("host", ["127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1x"])
def test_a_name_that_looks_like_this_machine_is_not_it(site: Site, host: str) -> None:
    assert site.server.get("/cache", Host=host).status == 400
    assert "access-control-allow-origin" not in site.server.get("/cache", Origin=f"http://{host}").headers
    assert site.server.get("/cache", Host="127.9.9.9").status == 200


def test_a_long_list_is_whole_for_everybody_who_asks_at_once(
    online: Program, hub: Hub, serve: Callable[..., Server]
) -> None:
    for number in range(30):
        hub.add(f"me/d{number}", {"a.csv": "a\n1\n"})
    assert online("hub", "list").code == 0
    server = serve()
    found: list[int] = []

    def ask() -> None:
        found.extend(len(server.get("/hf_datasets").json["datasets"]) for _ in range(3))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [30] * 24


def test_a_store_that_breaks_under_way_is_told_and_its_processes_live(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.png": picture()})
    url = "/" + dspreview("rows", tmp_path / "d", "--json").json["rows"][0]["row"]["image"]["src"]
    server = serve()
    assert server.get(url).status == 200
    for path in dspreview.database.parent.glob("dspreview.sqlite*"):
        path.unlink()
    dspreview.database.write_bytes(b"garbage" * 1_000)
    (child,) = [
        one
        for one in psutil.Process(server.process.pid).children()
        if "resource_tracker" not in " ".join(one.cmdline())
    ]
    child.kill()
    assert server.get("/healthcheck").text == "ok"
    assert server.get("/valid").status == 500
    assert server.get(url).status == 500
    code, err = server.stop()
    assert (code, err) == (0, "dspreview: Ctrl-C stops it\n")


def test_a_database_that_is_replaced_is_the_one_that_is_served(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    def asset(name: str) -> str:
        write(tmp_path / name, {"a.png": picture()})
        return "/" + str(dspreview("rows", tmp_path / name, "--json").json["rows"][0]["row"]["image"]["src"])

    old = asset("old")
    server = serve()
    assert server.get(old).status == 200
    for path in dspreview.database.parent.glob("dspreview.sqlite*"):
        path.unlink()
    new = asset("new")
    deadline = time.monotonic() + 20
    while server.get(old).status != 404 and time.monotonic() < deadline:
        pass
    assert [server.get(old).status, server.get(new).status] == [404, 200]


def test_a_filter_does_not_wait_for_a_locked_database(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = cached(dspreview, tmp_path / "n.parquet", {"n": list(range(10))})
    server = serve()
    holder = sqlite3.connect(dspreview.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = server.query("/filter", dataset=path, config="default", split="train", where="n = 3")
    holder.execute("ROLLBACK")
    holder.close()
    assert [row["row"]["n"] for row in answer.json["rows"]] == [3]


def test_a_client_that_takes_nothing_or_says_nothing_is_let_go(dspreview: Program, tmp_path: Path) -> None:
    script = (
        "import dspreview.serve.protocol as p; p.REQUEST_SECONDS = 0.5; p.TAKING_SECONDS = 0.5\n"
        "import asyncio, socket, threading, uvicorn\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http': return\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    for _ in range(1000): await send({'type': 'http.response.body', 'body': bytes(100_000), 'more_body': True})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n"
        "line = socket.socket(); line.bind(('127.0.0.1', 0)); line.listen()\n"
        "print(line.getsockname()[1], flush=True)\n"
        "config = uvicorn.Config(app, http=p.PatientProtocol, lifespan='off', log_level='critical')\n"
        "uvicorn.Server(config).run([line])\n"
    )
    import sys

    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=tmp_path, env=dict(os.environ) | {
        "PYTHONPATH": str(Path(__file__).parent.parent.parent)})  # fmt: skip
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        for data in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
                line.sendall(data)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                deadline = time.monotonic() + 30
                while psutil.Process(process.pid).net_connections() and time.monotonic() < deadline:
                    if not [
                        one for one in psutil.Process(process.pid).net_connections() if one.status == "ESTABLISHED"
                    ]:
                        break
                assert time.monotonic() < deadline, data
    finally:
        process.kill()
        process.wait()


def test_a_script_may_ask_before_it_asks(site: Site, serve: Callable[..., Server]) -> None:
    asked = {
        "Origin": "https://x.example",
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "if-none-match",
    }
    answer = site.server.ask("OPTIONS", site.assets(site.media)[0], None, **asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert "POST" not in answer.headers["access-control-allow-methods"]
    writing = serve("--writable", "--allow-origin", "https://x.example", WEBHOOK_SECRET=SECRET)
    answer = writing.ask("OPTIONS", "/webhook", None, Origin="https://x.example")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "X-Webhook-Secret" in answer.headers["access-control-allow-headers"]
    assert (
        "POST"
        not in writing.ask("OPTIONS", "/webhook", None, Origin="https://y.example").headers[
            "access-control-allow-methods"
        ]
    )


def test_a_window_across_the_end_of_the_stored_page_is_whole(site: Site) -> None:
    answer = site.server.query("/rows", dataset=site.numbers, config="default", split="train", offset=90, length=20)
    assert answer.json == site.rows(site.numbers, "--offset", "90", "--length", "20")
    assert [row["row_idx"] for row in answer.json["rows"]] == list(range(90, 110))


def test_names_that_are_no_text_and_clients_that_hang_up_are_no_bugs(
    dspreview: Program, serve: Callable[..., Server]
) -> None:
    server = serve("--writable", WEBHOOK_SECRET=SECRET)
    for names in (
        ["o/pub", "\ud800", "b"],
        ["./\ud800", "a", "b"],
        ["o/pub@\ud800", "a", "b"],
        ["o/pub", "x" * 5_000, "b"],
        ["o/pub", "a\0", "b"],
    ):
        body = json.dumps(dict(zip(("dataset", "config", "split"), names, strict=True))).encode()
        answer = server.ask("POST", "/refresh-split", body, X_Webhook_Secret=SECRET)
        assert answer.status in {400, 404}, names
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        head = (
            f"POST /webhook HTTP/1.1\r\nHost: localhost\r\nX-Webhook-Secret: {SECRET}\r\nContent-Length: 100\r\n\r\nabc"
        )
        line.sendall(head.encode())
    assert server.get("/queue").json["splits"]["waiting"] == 0
    assert server.stop() == (0, "dspreview: Ctrl-C stops it\n")


def test_a_secret_in_any_script(serve: Callable[..., Server]) -> None:
    server = serve("--writable", WEBHOOK_SECRET="geheimß")
    sent = "geheimß".encode().decode("latin-1")  # the bytes that a shell sends
    assert server.ask("POST", "/webhook", b'{"add": "datasets/glue"}', X_Webhook_Secret=sent).status == 200


def test_a_closed_terminal_ends_it(serve: Callable[..., Server]) -> None:
    server = serve()
    assert server.get("/healthcheck").text == "ok"
    code, err = server.stop(signal.SIGHUP)
    assert code == 0, err


def test_ctrl_c_while_its_processes_start_is_one_line(dspreview: Program) -> None:
    for _ in range(3):
        process = dspreview.start(
            "serve-assets", "--port", "0", stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err.removeprefix(b"dspreview: Ctrl-C stops it\n") == b"dspreview: interrupted\n"


def test_compression_that_is_refused_is_not_used(site: Site) -> None:
    path = f"/rows?dataset={site.numbers}&config=default&split=train"
    for refusal in ("gzip;q=0", "br, gzip; q=0.0", "identity"):
        assert "content-encoding" not in site.server.get(path, Accept_Encoding=refusal).headers
    assert site.server.get(path, Accept_Encoding="gzip;q=0.5").headers["content-encoding"] == "gzip"


def test_every_row_is_reached_where_pages_are_short(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = cached(dspreview, tmp_path / "heavy.parquet", {"i": list(range(120)), "t": ["x" * 39_000] * 120})
    server = serve()
    for more in ("", "&where=i%20%3E%3D%200"):
        link, seen = f"/view?dataset={path}&split=train{more}", list[int]()
        while link:
            page = Page(server.get(link).text)
            seen += [
                int(one["aria-label"].split(",")[0][4:])
                for one in page.all("a")
                if one.get("aria-label", "").startswith("Row ")
            ]
            link = next((one["href"] for one in page.all("a", rel="next")), "")
        assert seen == list(range(120))


@pytest.mark.parametrize(
    "values",
    [[-1.7e308, 1.7e308], [1e308, -1e308, 0.0], [2**63 - 1, -(2**63)], [0.1 + 0.2, 0.3], [5e-324, 0.0]],
)
def test_no_number_takes_a_page_down(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path, values: list[float]
) -> None:
    path = cached(dspreview, tmp_path / "n.parquet", {"x": values})
    server = serve()
    assert page_of(server, dataset=path, split="train").all("table")
    assert dspreview("stats", path).code == 0
    assert page_of(server, dataset=path, split="train").all("table")


def test_distributions_say_what_they_count(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    from datasets import ClassLabel, Features, Value

    features = Features(
        {"l": ClassLabel(names=["neg", "pos"]), "u": Value("uint64"), "t": Value("string"), "b": Value("bool")}
    )
    rows = {
        "l": [0, 1, 5, -1, None] * 400,
        "u": [2**64 - 1 - n % 7 for n in range(2_000)],
        "t": ["u" * (n % 90 + 1) + str(n) for n in range(2_000)],
        "b": [n % 2 == 0 for n in range(2_000)],
    }
    path = cached(dspreview, tmp_path / "l.parquet", pa.table(rows, schema=features.arrow_schema))
    server = serve()
    first = [one["aria-label"] for one in page_of(server, dataset=path, split="train").all("svg")]
    assert first[0] == "Distribution of the first 100 rows: neg: 20; pos: 20; 5: 20; -1: 20; 20 null"
    assert str(2**64 - 1) in first[1]
    assert "characters" in first[2]
    assert dspreview("stats", path).code == 0
    whole = [one["aria-label"] for one in page_of(server, dataset=path, split="train").all("svg")]
    assert whole[0].startswith("Distribution of all 2,000 rows: neg: 400; pos: 400; 400 null; ")
    assert {"400 without label", "400 out of range"} & set(whole[0].split("; "))
    assert str(2**64 - 7) in whole[1]
    assert "characters" in whole[2]
    assert whole[3] in {
        "Distribution of all 2,000 rows: true: 1,000; false: 1,000",
        "Distribution of all 2,000 rows: false: 1,000; true: 1,000",
    }


def test_what_is_no_number_is_shown_as_such(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    path = cached(dspreview, tmp_path / "n.parquet", {"x": [1.5, float("nan"), float("inf"), float("-inf"), None]})
    page = page_of(serve(), dataset=path, split="train")
    assert {"1.5", "NaN", "Infinity", "-Infinity", "null"} <= set(page.words)
    table = dspreview("rows", path)
    assert [line.strip() for line in table.out.splitlines()[3:8]] == ["1.5", "NaN", "Infinity", "-Infinity", "null"]


def test_a_cut_text_is_not_measured(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    path = cached(dspreview, tmp_path / "t.parquet", {"t": ["x" * 150_000 + str(n) for n in range(12)]})
    assert page_of(serve(), dataset=path, split="train").all("svg") == []


def test_pages_beyond_the_end_lead_back(
    dspreview: Program, serve: Callable[..., Server], site: Site, tmp_path: Path
) -> None:
    index = page_of(site.server, "/", offset=1000)
    assert "The cache is empty" not in index.text
    assert index.all("a", rel="prev")
    (tmp_path / "a.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(400)))
    dspreview("rows", tmp_path / "a.csv")
    server = serve()
    beyond = page_of(server, dataset=str(tmp_path / "a.csv"), split="train", offset=100)
    assert beyond.all("a", rel="prev")
    row = page_of(server, dataset=str(tmp_path / "a.csv"), split="train", row=300)
    assert "There is no row" not in row.text


def test_a_split_far_down_is_in_its_navigation(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    splits = "".join(f"  - {{split: s{n:02d}, path: a.csv}}\n" for n in range(40))
    write(
        tmp_path / "d",
        {"README.md": f"---\nconfigs:\n- config_name: c\n  data_files:\n{splits}---\n", "a.csv": "a\n1\n"},
    )
    assert dspreview("rows", tmp_path / "d", "c", "s39").code == 0
    page = page_of(serve(), dataset=str(tmp_path / "d"), config="c", split="s39")
    (current,) = page.all("a", **{"aria-current": "page"})
    assert "split=s39" in current["href"]
    assert "all 40" in page.words


def test_after_a_mistake_the_rows_are_not_called_filtered(site: Site) -> None:
    for name in ("where", "orderby"):
        page = page_of(site.server, dataset=site.numbers, split="train", **{name: "nope >"})
        (box,) = page.all("input", **{"aria-invalid": "true"})
        assert box["name"] == name
        assert "These rows are not filtered." in page.words
        (following, _) = page.all("a", rel="next")
        assert "nope" not in following["href"]


def test_commands_can_be_pasted(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    folder = write(tmp_path / "a b; touch gone", {"a.csv": "n\n" + "1\n" * 200})
    assert dspreview("rows", folder).code == 0
    answer = serve().query("/filter", dataset=folder, config="default", split="train", where="n = 1")
    command = answer.json["message"].partition("run: ")[2]
    assert command == f"dspreview stats '{folder}' default train"
    missing = dspreview("rows", "./a b; rm x", "--cached")
    assert f"run: dspreview refresh '{'./a b; rm x'}'" in missing.err


def test_a_translation_into_src_is_text(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    from datasets import Features, Translation

    features = Features({"tr": Translation(languages=["src", "tgt"])})
    table = pa.table({"tr": [{"src": "assets/hello", "tgt": "world"}]}, schema=features.arrow_schema)
    path = cached(dspreview, tmp_path / "t.parquet", table)
    page = page_of(serve(), dataset=path, split="train")
    assert not [one for one in page.all("a") if "assets" in one["href"]]
    assert "world" in page.text


def test_marks_that_reorder_are_shown_and_those_that_join_stay(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    persian = "می\u200cخواهم"
    folder = write(tmp_path / "a\u202eb", {"a.csv": f"n\n{persian}\n"})
    assert dspreview("rows", folder).code == 0
    answer = serve().query("/view", dataset=folder, split="train")
    page = Page(answer.text)
    assert persian in page.words
    assert "\u202e" not in page.text
    assert "\\u202e" in page.text


def test_a_photo_on_its_side_has_the_size_that_is_seen(dspreview: Program, tmp_path: Path) -> None:
    import io

    exif = Pillow.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Pillow.new("RGB", (40, 20), (255, 0, 0)).save(buffer, "JPEG", exif=exif)
    write(tmp_path / "d", {"a.jpg": buffer.getvalue()})
    (row,) = dspreview("rows", tmp_path / "d", "--json").row_values
    assert (row["image"]["width"], row["image"]["height"]) == (20, 40)
    found = dspreview("filter", tmp_path / "d", "--where", '"image.height" = 40', "--json").json
    assert found["num_rows_total"] == 1


def test_numbers_of_pictures_are_not_clipped(dspreview: Program, tmp_path: Path) -> None:
    import io

    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    buffer = io.BytesIO()
    Pillow.fromarray(ramp).save(buffer, "TIFF")
    write(tmp_path / "d", {"a.tif": buffer.getvalue()})
    assert dspreview("rows", tmp_path / "d", "--json").code == 0
    (file,) = dspreview.assets.rglob("*.png")
    shown = np.asarray(Pillow.open(file).convert("L")).astype(float)
    assert np.abs(shown - ramp * 255).max() <= 1


def test_it_leaves_nothing_behind_and_says_nothing_after_it_has_read_a_folder(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1, 2, 3]})})
    assert dspreview("rows", folder).code == 0
    for number in (signal.SIGINT, signal.SIGTERM):
        server = serve()
        answer = server.query("/filter", dataset=folder, config="default", split="train", where="n > 1")
        assert len(answer.json["rows"]) == 2
        _, err = server.stop(number)
        assert err.removesuffix("dspreview: interrupted\n") == "dspreview: Ctrl-C stops it\n"
