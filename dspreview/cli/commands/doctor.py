"""`dspreview doctor`: is everything that is needed in order."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.extract.extractor import Extractor
from dspreview.extract.format import FORMATS
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
HEADER = ["check", "state", "detail"]
NETWORK_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "fuse.sshfs", "glusterfs"}
)
LOW_DISK = 1_000_000_000
PACKAGES = (
    "typer",
    "rich",
    "datasets",
    "huggingface_hub",
    "pyarrow",
    "sqlite-utils",
    "psutil",
    "duckdb",
    "pillow",
    "soundfile",
)

Check = tuple[str, str, str]


@app.command(
    help="Check the database, the disk, the Hub and the decoders. Exit 1 if something that is needed is not in order."
)
@with_common
def doctor(call: Call) -> int:
    """Answer `doctor`."""
    checks = [
        *store_checks(call),
        disk_check(call),
        system_check(call),
        hub_check(call),
        search_check(),
        *package_checks(),
    ]
    document = {"checks": [dict(zip(HEADER, check, strict=True)) for check in checks]}
    output.write(call, Answer.of_rows(document, HEADER, [list(check) for check in checks]))
    return errors.EXIT_NO if any(state == "fail" for _, state, _ in checks) else errors.EXIT_OK


def store_checks(call: Call) -> list[Check]:
    """The database opens and can be written, the asset folder too."""
    path = call.settings.dspreview_database
    try:
        with Store(call.settings, must_write=True) as store:
            (verdict,) = store.connection.execute("PRAGMA quick_check").fetchone()
            (schema,) = store.connection.execute("PRAGMA user_version").fetchone()
    except errors.StoreError as error:
        return [("database", "fail", str(error))]
    except sqlite3.DatabaseError as error:
        return [("database", "fail", f"{path}: {error}")]
    found: list[Check] = [("database", "ok" if verdict == "ok" else "fail", f"{path} (schema {schema}): {verdict}")]
    folder = call.settings.assets_directory
    try:
        os.makedirs(folder, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        return [*found, ("assets", "fail", f"{folder}: {error.strerror}")]
    return [*found, ("assets", "ok" if writable else "fail", folder if writable else f"{folder} cannot be written")]


def disk_check(call: Call) -> Check:
    """There is room where the database lies."""
    folder = existing(Path(call.settings.dspreview_database).parent)
    free = shutil.disk_usage(folder).free
    return ("disk", "ok" if free >= LOW_DISK else "warn", f"{free / 1e9:.1f} GB free at {folder}")


def existing(folder: Path) -> Path:
    """The nearest folder above that exists."""
    while not folder.exists():
        folder = folder.parent
    return folder


def system_check(call: Call) -> Check:
    """The database is not on a network file system, where SQLite's locks cannot be trusted."""
    folder = str(existing(Path(call.settings.dspreview_database).parent).resolve())
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ("file system", "ok", "unknown on this system")
    holding = [mount for mount in mounts if folder == mount[1] or folder.startswith(mount[1].rstrip("/") + "/")]
    kind = max(holding, key=lambda mount: len(mount[1]))[2] if holding else "unknown"
    if kind in NETWORK_SYSTEMS:
        return (
            "file system",
            "warn",
            f"{folder} is on {kind}: SQLite's locks may fail there; use --database on a local disk",
        )
    return ("file system", "ok", kind)


def hub_check(call: Call) -> Check:
    """The Hub answers."""
    if call.settings.hf_hub_offline:
        return ("hub", "warn", "not asked: the network is off (--offline or HF_HUB_OFFLINE)")
    token = "with a token" if call.settings.hf_token else "without a token"
    try:
        Extractor(call.settings).ping()
    except errors.PreviewError as error:
        return ("hub", "warn", str(error))
    return ("hub", "ok", f"{call.settings.hf_endpoint} answers, {token}")


def search_check() -> Check:
    """SQLite can search texts."""
    try:
        sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    except sqlite3.OperationalError as error:
        return ("search", "fail", f"{error}; `dspreview search` needs an SQLite with FTS5")
    return ("search", "ok", "SQLite has FTS5")


def package_checks() -> list[Check]:
    """What is installed, and which formats need more."""
    found: list[Check] = [("python", "ok", f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}")]
    for name in PACKAGES:
        try:
            found.append((name, "ok", version(name)))
        except PackageNotFoundError:
            found.append((name, "fail", f"not installed; run: pip install {name}"))
    return found + [extra_check(extra) for extra in dict.fromkeys(one.extra for one in FORMATS.values()) if extra]


def extra_check(extra: str) -> Check:
    """Whether the package is here that some formats need."""
    names = ", ".join(one.name for one in FORMATS.values() if one.extra == extra)
    try:
        version(extra)
    except PackageNotFoundError:
        return (names, "info", f"needs the package {extra}; run: pip install {extra}")
    return (names, "ok", "can be read")
