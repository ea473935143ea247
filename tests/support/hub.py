"""A small Hub on loopback for the real `huggingface_hub` and `datasets` clients.

It speaks the part of the Hub's HTTP that they use to look into dataset repositories: descriptions, trees, files by
redirect (binary files to a second origin that must never see the token), renames, gated and private repositories.
It can fail in the ways a Hub fails. One log line per request makes requests and bytes countable.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import yaml

TEXT = (".md", ".json", ".yaml", ".yml", ".py", ".csv", ".txt", ".jsonl")
TOKEN = "hf_loopback_token"


PIECE = 1 << 16


@dataclass(frozen=True)
class Link:
    """A network between client and Hub."""

    latency: float
    """Seconds from a question to the first byte of its answer."""
    bytes_per_second: float


@dataclass
class Commit:
    """The files of a repository at one moment."""

    files: dict[str, bytes]
    sha: str = ""

    def __post_init__(self) -> None:
        digest = hashlib.sha1(usedforsecurity=False)
        for name, data in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + hashlib.sha1(data, usedforsecurity=False).digest())
        self.sha = digest.hexdigest()


@dataclass
class Repository:
    """A dataset repository."""

    id: str
    commits: list[Commit]
    branches: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    export: Commit | None = None
    """The branch refs/convert/parquet."""
    exported_from: str = ""
    """The commit that the export was made from."""
    claimed: dict[str, int] = field(default_factory=dict)
    """Sizes of files that its listing tells, in place of the true ones."""
    readers: set[str] = field(default_factory=set)
    """Tokens that may read it, where it is private or gated."""

    def commit(self, revision: str) -> Commit | None:
        """The commit that a branch, tag or sha names."""
        if revision == "main":
            return self.commits[-1]
        if revision == "refs/convert/parquet":
            return self.export
        sha = self.branches.get(revision, revision)
        return next((one for one in [*self.commits, self.export] if one is not None and one.sha == sha), None)


@dataclass
class Seen:
    """One request."""

    origin: str
    method: str
    path: str
    status: int
    sent: int
    token: str | None
    range: str | None
    headers: dict[str, str]


Fault = Callable[[BaseHTTPRequestHandler, str], bool]
"""Handles a request instead of the Hub; False lets it pass."""


class Hub:
    """The server: `hub.add(...)`, then point HF_ENDPOINT at `hub.url`."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, str] = {}
        self.seen: list[Seen] = []
        """The requests that were answered."""
        self.asked: list[str] = []
        """The path of each request, as soon as it came."""
        self.fault: Fault | None = None
        self.link: Link | None = None
        """How far away it is; none is this machine."""
        self.main = self._serve("hub")
        self.cdn = self._serve("cdn")

    def _serve(self, origin: str) -> ThreadingHTTPServer:
        hub = self

        class Handler(HubHandler):
            pass

        Handler.hub = hub
        Handler.origin = origin
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.main.server_port}"

    @property
    def local_url(self) -> str:
        """The endpoint by a name that others can stand before."""
        return f"http://localhost:{self.main.server_port}"

    @property
    def cdn_url(self) -> str:
        """The second origin, where binary files are."""
        return f"http://127.0.0.1:{self.cdn.server_port}"

    def add(self, name: str, files: dict[str, bytes | str], **options: Any) -> Repository:
        """A repository with one commit."""
        data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.repositories[name] = Repository(name, [Commit(data)], **options)
        return self.repositories[name]

    def export(self, name: str, files: dict[str, bytes], *, stale: bool = False) -> None:
        """The Parquet export of a repository, `CONFIG/SPLIT/0000.parquet`; of its last commit unless it is `stale`."""
        repository = self.repositories[name]
        repository.export = Commit(files)
        repository.exported_from = "0" * 40 if stale else repository.commits[-1].sha

    def push(self, name: str, files: dict[str, bytes | str]) -> str:
        """Another commit on main, and its sha."""
        data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.repositories[name].commits.append(Commit(data))
        return self.repositories[name].commits[-1].sha

    def close(self) -> None:
        """Stop listening."""
        for server in (self.main, self.cdn):
            server.shutdown()
            server.server_close()


class HubHandler(BaseHTTPRequestHandler):
    """Answers one connection."""

    hub: Hub
    origin: str
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr; `hub.seen` has it all."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    @property
    def token(self) -> str | None:
        """The bearer token of the request."""
        words = self.headers.get("Authorization", "").split()
        return words[1] if len(words) == 2 else None

    def answer(self) -> None:
        """Route a request."""
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        path = urlsplit(self.path).path
        self.hub.asked.append(path)
        if self.hub.fault is not None and self.hub.fault(self, path):
            self.note(0, 0)
            return
        if self.origin == "cdn":
            self.cdn_file(path)
        elif self.headers.get("Host", "").startswith("datasets-server."):
            self.viewer(path)
        elif self.token is not None and not self.token.startswith("hf_"):
            self.fail(401, "Invalid credentials in Authorization header")
        elif path == "/api/datasets":
            self.listing()
        elif path.startswith("/api/datasets/"):
            self.api(path.removeprefix("/api/datasets/"))
        elif path.startswith("/datasets/"):
            self.resolve(path.removeprefix("/datasets/"))
        elif path.startswith("/api/resolve-cache/datasets/"):
            self.cached_file(path.removeprefix("/api/resolve-cache/datasets/"))
        else:
            self.fail(404, "Not Found")

    def note(self, status: int, sent: int) -> None:
        """Remember a request."""
        self.hub.seen.append(
            Seen(
                self.origin,
                self.command,
                self.path,
                status,
                sent,
                self.token,
                self.headers.get("Range"),
                dict(self.headers),
            )
        )

    def send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        """One response."""
        if self.hub.link is not None:
            time.sleep(self.hub.link.latency)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        sent = 0 if self.command == "HEAD" else len(data)
        self.note(status, sent)
        for start in range(0, sent, PIECE):
            piece = data[start : start + PIECE]
            self.wfile.write(piece)
            if self.hub.link is not None:
                time.sleep(len(piece) / self.hub.link.bytes_per_second)

    def send_json(self, value: Any) -> None:
        """A JSON response."""
        self.send(200, json.dumps(value, default=str).encode(), {"Content-Type": "application/json"})

    def fail(self, status: int, message: str, code: str | None = None) -> None:
        """An error the way the Hub tells it."""
        headers = {"Content-Type": "application/json", "X-Error-Message": message}
        if code:
            headers["X-Error-Code"] = code
        self.send(status, json.dumps({"error": message}).encode(), headers)

    def redirect(self, status: int, target: str, headers: dict[str, str] | None = None) -> None:
        """Go elsewhere."""
        self.send(status, b"", {"Location": target, **(headers or {})})

    def repository(self, words: list[str]) -> tuple[Repository, list[str]] | None:
        """The repository at the head of a path and the rest of it; None where an answer was already sent."""
        for size in (2, 1):
            name = "/".join(words[:size])
            if name in self.hub.renamed:
                target = self.hub.renamed[name]
                self.redirect(307, self.path.replace(f"/{quote(name)}", f"/{quote(target)}", 1))
                return None
            found = self.hub.repositories.get(name)
            if found is not None:
                if found.private and self.token not in found.readers:
                    break
                return found, words[size:]
        self.fail(404 if self.token else 401, "Repository not found", "RepoNotFound")
        return None

    def viewer(self, path: str) -> None:
        """The hosted viewer: /parquet, at the host of the Hub with a word before it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        repository = self.hub.repositories.get(asked.get("dataset", ""))
        if path != "/parquet" or repository is None or repository.export is None:
            self.fail(404, "Not found")
            return
        files = []
        for name in sorted(repository.export.files):
            config, split, filename = name.split("/")
            url = f"{self.hub.local_url}/datasets/{repository.id}/resolve/refs%2Fconvert%2Fparquet/{quote(name)}"
            files.append({"dataset": repository.id, "config": config, "split": split, "url": url, "filename": filename})
        data = json.dumps({"parquet_files": files, "pending": [], "failed": [], "partial": False}).encode()
        self.send(200, data, {"Content-Type": "application/json", "X-Revision": repository.exported_from})

    def listing(self) -> None:
        """GET /api/datasets."""
        public = [one for one in self.hub.repositories.values() if not one.private]
        self.send_json(
            [{"id": one.id, "sha": one.commits[-1].sha, "tags": [], "downloads": 0, "private": False} for one in public]
        )

    def api(self, rest: str) -> None:
        """GET /api/datasets/ID and what is below it."""
        found = self.repository([unquote(word) for word in rest.split("/")])
        if found is None:
            return
        repository, words = found
        if not words or words[0] == "revision":
            self.describe(repository, "/".join(words[1:]) or "main")
        elif words[0] == "tree":
            self.tree(repository, words[1], "/".join(words[2:]))
        elif words[0] == "paths-info":
            self.paths_info(repository, words[1])
        elif words[0] == "refs":
            branches = [{"name": "main", "ref": "refs/heads/main", "targetCommit": repository.commits[-1].sha}]
            self.send_json({"branches": branches, "tags": [], "converts": []})
        else:
            self.fail(404, "Not Found")

    def describe(self, repository: Repository, revision: str) -> None:
        """The description of a repository."""
        commit = repository.commit(revision)
        if commit is None:
            self.fail(404, "Invalid rev id: " + revision, "RevisionNotFound")
            return
        described = {
            "_id": "0",
            "id": repository.id,
            "sha": commit.sha,
            "private": repository.private,
            "gated": "auto" if repository.gated else False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "siblings": [{"rfilename": name} for name in sorted(commit.files)],
            "cardData": card_data(commit.files.get("README.md")),
        }
        asked = parse_qs(urlsplit(self.path).query).get("expand")
        if asked:
            described = {key: value for key, value in described.items() if key in {*asked, "_id", "id"}}
        self.send_json({key: value for key, value in described.items() if value is not None})

    def tree(self, repository: Repository, revision: str, folder: str) -> None:
        """The files below a folder."""
        commit = repository.commit(revision)
        if commit is None:
            self.fail(404, "Invalid rev id: " + revision, "RevisionNotFound")
            return
        recursive = "true" in parse_qs(urlsplit(self.path).query).get("recursive", [])
        entries = tree_entries(commit, folder, recursive=recursive)
        entries = [entry | {"size": repository.claimed.get(entry["path"], entry["size"])} for entry in entries]
        if folder and not entries:
            self.fail(404, f"{folder} does not exist", "EntryNotFound")
            return
        self.send_json(entries)

    def paths_info(self, repository: Repository, revision: str) -> None:
        """What lies at some paths."""
        commit = repository.commit(revision)
        if commit is None:
            self.fail(404, "Invalid rev id: " + revision, "RevisionNotFound")
            return
        try:
            paths = json.loads(self.body).get("paths", [])
        except ValueError:
            paths = parse_qs(self.body.decode()).get("paths", [])
        entries = tree_entries(commit, "", recursive=True)
        self.send_json([entry for entry in entries if entry["path"] in paths])

    def resolve(self, rest: str) -> None:
        """A file: the Hub tells its ETag and sends elsewhere for the bytes."""
        found = self.repository([unquote(word) for word in rest.split("/")])
        if found is None:
            return
        repository, words = found
        if len(words) < 3 or words[0] != "resolve":
            self.fail(404, "Not Found")
            return
        if repository.gated and self.token not in repository.readers:
            self.fail(403 if self.token else 401, "Access to this dataset is restricted", "GatedRepo")
            return
        commit, path = repository.commit(words[1]), "/".join(words[2:])
        if commit is None:
            self.fail(404, "Invalid rev id: " + words[1], "RevisionNotFound")
            return
        data = commit.files.get(path)
        if data is None:
            self.fail(404, "Entry not found", "EntryNotFound")
            return
        digest = hashlib.sha256(data).hexdigest()
        headers = {"X-Repo-Commit": commit.sha, "ETag": f'"{digest}"'}
        where = "/".join(quote(word, safe="") for word in (*repository.id.split("/"), commit.sha, *path.split("/")))
        if path.endswith(TEXT):
            self.redirect(307, f"/api/resolve-cache/datasets/{where}", headers)
            return
        headers |= {"X-Linked-Size": str(len(data)), "X-Linked-ETag": f'"{digest}"'}
        self.redirect(302, f"{self.hub.cdn_url}/{where}", headers)

    def cached_file(self, rest: str) -> None:
        """The bytes of a small text file."""
        self.file(rest)

    def cdn_file(self, path: str) -> None:
        """The bytes of a binary file, on the other origin."""
        self.file(path.lstrip("/"))

    def file(self, rest: str) -> None:
        """Bytes, or a range of them."""
        words = [unquote(word) for word in rest.split("/")]
        for size in (2, 1):
            repository = self.hub.repositories.get("/".join(words[:size]))
            commit = repository.commit(words[size]) if repository else None
            data = commit.files.get("/".join(words[size + 1 :])) if commit else None
            if commit is not None and data is not None:
                break
        else:
            self.fail(404, "Entry not found", "EntryNotFound")
            return
        headers = {
            "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
            "X-Repo-Commit": commit.sha,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        asked = self.headers.get("Range")
        if not asked:
            self.send(200, data, headers if self.command != "HEAD" else headers | {"Content-Length": str(len(data))})
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last) if last and first else len(data) - 1, len(data) - 1)
        if start >= len(data):
            self.send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        self.send(206, data[start : end + 1], headers | {"Content-Range": f"bytes {start}-{end}/{len(data)}"})


def card_data(readme: bytes | None) -> Any:
    """The YAML at the head of a README."""
    if readme is None or not readme.startswith(b"---"):
        return None
    try:
        return yaml.safe_load(readme.decode().split("---")[1])
    except yaml.YAMLError:
        return None


def tree_entries(commit: Commit, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders, as the Hub lists them."""
    prefix = f"{folder}/" if folder else ""
    entries: dict[str, dict[str, Any]] = {}
    for name, data in sorted(commit.files.items()):
        if not name.startswith(prefix):
            continue
        parts = name.removeprefix(prefix).split("/")
        for depth in range(1, len(parts)):
            path = prefix + "/".join(parts[:depth])
            if recursive or depth == 1:
                entries[path] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": path}
        if recursive or len(parts) == 1:
            digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
            entries[name] = {"type": "file", "oid": digest, "size": len(data), "path": name}
            if not name.endswith(TEXT):
                sha256 = hashlib.sha256(data).hexdigest()
                entries[name]["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 130}
    return list(entries.values())


def refuse_with(status: int, headers: dict[str, str] | None = None, part: str = "") -> Fault:
    """A Hub that answers this status to everything whose path holds `part`."""

    def fault(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if part not in path:
            return False
        data = b"{}"
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(data)
        return True

    return fault


def silent(seconds: float) -> Fault:
    """A Hub that accepts and says nothing."""

    def fault(handler: BaseHTTPRequestHandler, path: str) -> bool:
        del path
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def cut_off(part: str) -> Fault:
    """A Hub that stops in the middle of each file whose path holds `part`."""

    def fault(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if part not in unquote(path) or "/api/datasets/" in path or "/resolve/" in path:
            return False
        handler.send_response(206 if handler.headers.get("Range") else 200)
        handler.send_header("Content-Length", "100000")
        handler.send_header("Content-Range", "bytes 0-99999/100000")
        handler.end_headers()
        handler.wfile.write(b"x" * 100)
        handler.wfile.flush()
        handler.close_connection = True
        return True

    return fault


def trickling(part: str, *, head: bool = False) -> Fault:
    """A Hub that goes on for minutes with answers to paths that hold `part`: a byte of the body, or a header, at a time."""

    def fault(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if part not in unquote(path) or (part not in {"/tree/", "/api/"} and "/api/datasets/" in path):
            return False
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if not head:
            handler.wfile.write(b"Content-Length: 100000\r\n\r\n")
        handler.close_connection = True
        for number in range(3000):
            try:
                handler.wfile.write(f"X-{number}: x\r\n".encode() if head else b" ")
                handler.wfile.flush()
            except OSError:  # nobody listens any more
                break
            time.sleep(0.1)
        return True

    return fault


def of_pages(part: str, count: int) -> Fault:
    """A Hub whose listings below `part` have so many pages, each of which names the next one."""

    def fault(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if part not in path:
            return False
        page = int(path.rpartition("page=")[2]) if "page=" in path else 1
        handler.send_response(200)
        if page < count:
            here = handler.path.partition("&page=")[0]
            handler.send_header("Link", f'<http://{handler.headers["Host"]}{here}&page={page + 1}>; rel="next"')
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"[]")
        return True

    return fault


def part_of(fault: Fault, part: str) -> Fault:
    """The fault, for paths that hold `part` only."""
    return lambda handler, path: part in unquote(path) and fault(handler, path)
