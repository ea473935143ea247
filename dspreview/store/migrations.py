"""The schema, as the steps that led to it. A step is never edited after a release; a new one is added."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

FIRST = """
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


def first(connection: sqlite3.Connection) -> None:
    """The schema of version 1."""
    for statement in FIRST.split(";"):
        connection.execute(statement)
    connection.execute("INSERT INTO facts VALUES ('owner', ?)", (uuid.uuid4().hex[:8],))


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (first,)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Run the steps that a file of `version` lacks, inside the caller's transaction."""
    for step in STEPS[version:]:
        step(connection)
