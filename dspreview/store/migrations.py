"""The schema, and the steps from what files of earlier versions hold. A step is never edited after a release; a new one is added."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

SCHEMA = """
CREATE TABLE datasets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  asked_revision TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL,
  revision TEXT NOT NULL,
  extractor INTEGER NOT NULL,
  private INTEGER NOT NULL DEFAULT 0,
  gated INTEGER NOT NULL DEFAULT 0,
  default_config TEXT,
  error TEXT,
  created_at TEXT NOT NULL,
  checked_at REAL NOT NULL,
  used_at REAL NOT NULL,
  UNIQUE (name, asked_revision)
);
CREATE INDEX datasets_used ON datasets (used_at);
CREATE TABLE aliases (
  alias TEXT NOT NULL,
  asked_revision TEXT NOT NULL DEFAULT '',
  dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
  PRIMARY KEY (alias, asked_revision)
) WITHOUT ROWID;
CREATE INDEX aliases_dataset ON aliases (dataset_id);
CREATE TABLE configs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
  config TEXT NOT NULL,
  position INTEGER NOT NULL,
  error TEXT,
  UNIQUE (dataset_id, config)
);
CREATE TABLE splits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  config_id INTEGER NOT NULL REFERENCES configs ON DELETE CASCADE,
  split TEXT NOT NULL,
  position INTEGER NOT NULL,
  status TEXT NOT NULL,
  num_bytes INTEGER,
  num_examples INTEGER,
  revision TEXT NOT NULL DEFAULT '',
  extractor INTEGER NOT NULL DEFAULT 0,
  limits TEXT NOT NULL DEFAULT '',
  error TEXT,
  created_at TEXT,
  data_key TEXT NOT NULL DEFAULT '',
  page_key TEXT NOT NULL DEFAULT '',
  UNIQUE (config_id, split)
);
CREATE INDEX splits_status ON splits (status);
CREATE TABLE rows (
  split_id INTEGER PRIMARY KEY REFERENCES splits ON DELETE CASCADE,
  features TEXT NOT NULL,
  columns TEXT NOT NULL,
  rows TEXT NOT NULL,
  num_rows INTEGER NOT NULL,
  num_rows_total INTEGER,
  partial INTEGER NOT NULL DEFAULT 0,
  extra TEXT NOT NULL DEFAULT '{}',
  asset_folder TEXT
);
CREATE TABLE page_sizes (
  split_id INTEGER PRIMARY KEY REFERENCES rows ON DELETE CASCADE,
  bytes INTEGER NOT NULL,
  num_rows INTEGER NOT NULL
);
CREATE UNIQUE INDEX rows_asset_folder ON rows (asset_folder) WHERE asset_folder IS NOT NULL;
CREATE TABLE assets (
  url TEXT NOT NULL,
  split_id INTEGER NOT NULL REFERENCES splits ON DELETE CASCADE,
  row_idx INTEGER NOT NULL,
  "column" TEXT NOT NULL,
  file TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (url, split_id)
) WITHOUT ROWID;
CREATE INDEX assets_split ON assets (split_id);
CREATE TABLE queries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  split_id INTEGER NOT NULL REFERENCES splits ON DELETE CASCADE,
  revision TEXT NOT NULL,
  question TEXT NOT NULL,
  asset_folder TEXT NOT NULL UNIQUE,
  used_at REAL NOT NULL,
  UNIQUE (split_id, question)
);
CREATE TABLE query_assets (
  url TEXT NOT NULL,
  query_id INTEGER NOT NULL REFERENCES queries ON DELETE CASCADE,
  file TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (url, query_id)
) WITHOUT ROWID;
CREATE INDEX query_assets_query ON query_assets (query_id);
CREATE TABLE parquet (
  split_id INTEGER PRIMARY KEY REFERENCES splits ON DELETE CASCADE,
  revision TEXT NOT NULL,
  extractor INTEGER NOT NULL,
  files TEXT NOT NULL
);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  dataset_name TEXT NOT NULL,
  config_name TEXT NOT NULL DEFAULT '',
  split_name TEXT NOT NULL DEFAULT '',
  asked_revision TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL,
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  owner TEXT,
  lease_until REAL,
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  place INTEGER,
  latest INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX jobs_latest ON jobs (kind, dataset_name, config_name, split_name, asked_revision) WHERE latest = 1;
CREATE INDEX jobs_first ON jobs (place, id, kind) WHERE place IS NOT NULL;
CREATE INDEX jobs_behind ON jobs (kind, dataset_name, id) WHERE status = 'WAITING' AND place IS NULL;
CREATE TABLE hub (id TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def create(connection: sqlite3.Connection) -> None:
    """The schema of today, in an empty file."""
    for statement in statements():
        connection.execute(statement)
    connection.execute("INSERT INTO facts VALUES ('owner', ?)", (uuid.uuid4().hex[:8],))


def statements() -> list[str]:
    """Those of the schema."""
    return [statement.strip() for statement in SCHEMA.split(";") if statement.strip()]


def complete(connection: sqlite3.Connection) -> None:
    """From version 1, which grew without telling."""
    for kind, name in connection.execute("SELECT type, name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP {kind} {name}")
    connection.execute("DROP TABLE IF EXISTS lines")
    for name in [name for name in names(connection) if name.startswith("jobs_")]:
        connection.execute(f"DROP INDEX {name}")
    shape(connection)


def shape(connection: sqlite3.Connection) -> None:
    """Give a file the tables and indexes of today: what is missing is added, a table that differs is made anew with what it held."""
    old = {
        name: " ".join(sql.split())
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE sql <> ''")
    }
    for statement in statements():
        words = statement.split()
        name = words[words.index("INDEX" if "INDEX" in words[:3] else "TABLE") + 1]
        if words[1] == "TABLE" and name in old and old[name] != " ".join(words):
            rebuild(connection, name, statement)
        elif name not in old or name not in names(connection):
            if name == "jobs_latest":
                mark_jobs(connection)
            connection.execute(statement)


def names(connection: sqlite3.Connection) -> set[str]:
    """The tables and indexes that are there."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def rebuild(connection: sqlite3.Connection, name: str, statement: str) -> None:
    """A table as it is created today, with the rows of the one that is there; what cannot be filled stays empty."""
    columns = {row[1]: row for row in connection.execute(f"PRAGMA table_info({name})")}
    connection.execute(statement.replace(f"TABLE {name} ", f"TABLE new_{name} ", 1))
    wanted = connection.execute(f"PRAGMA table_info(new_{name})").fetchall()
    if all(row[1] in columns or not row[3] or row[4] is not None for row in wanted):
        common = ", ".join(f'"{row[1]}"' for row in wanted if row[1] in columns)
        connection.execute(f"INSERT INTO new_{name} ({common}) SELECT {common} FROM {name}")
    connection.execute(f"DROP TABLE {name}")
    connection.execute(f"ALTER TABLE new_{name} RENAME TO {name}")


def mark_jobs(connection: sqlite3.Connection) -> None:
    """Say again which jobs run, which are the heads of their lines, and which is the newest of its key."""
    connection.execute(
        "UPDATE jobs SET place = CASE WHEN status = 'STARTED' THEN 0 WHEN id IN (SELECT min(id) FROM jobs"
        " WHERE status = 'WAITING' GROUP BY kind, dataset_name) THEN 1 END,"
        " latest = id IN (SELECT coalesce(max(iif(status = 'WAITING', id, NULL)), max(id)) FROM jobs"
        " GROUP BY kind, dataset_name, config_name, split_name, asked_revision)"
    )


def measure_pages(connection: sqlite3.Connection) -> None:
    """From version 2: how large each page is stands beside it, so that nobody reads all texts for it; and who was used last is indexed."""
    shape(connection)
    connection.execute(
        "INSERT OR IGNORE INTO page_sizes SELECT r.split_id, length(CAST(r.rows AS BLOB)) + length(CAST(r.features AS BLOB))"
        " + length(CAST(r.columns AS BLOB)) + (SELECT coalesce(sum(a.size), 0) FROM assets a WHERE a.split_id = r.split_id),"
        " r.num_rows FROM rows r"
    )


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (complete, measure_pages)
"""From version 1 to 2, and so on."""


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of `version` (0 is an empty one) to today's, inside the caller's transaction, foreign keys not enforced."""
    if version == 0:
        create(connection)
    for step in STEPS[version - 1 :] if version else ():
        step(connection)
