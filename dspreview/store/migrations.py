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
  error TEXT
);
CREATE UNIQUE INDEX jobs_started ON jobs (kind, dataset_name, config_name, split_name, asked_revision)
  WHERE status = 'STARTED';
CREATE UNIQUE INDEX jobs_waiting ON jobs (kind, dataset_name, config_name, split_name, asked_revision)
  WHERE status = 'WAITING';
CREATE INDEX jobs_line ON jobs (kind, dataset_name, id) WHERE status = 'WAITING';
CREATE TABLE lines (
  kind TEXT NOT NULL,
  dataset_name TEXT NOT NULL,
  first_waiting INTEGER,
  started INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, dataset_name)
) WITHOUT ROWID;
CREATE INDEX lines_open ON lines (first_waiting) WHERE first_waiting IS NOT NULL;
CREATE TRIGGER jobs_added AFTER INSERT ON jobs BEGIN
  INSERT INTO lines VALUES (new.kind, new.dataset_name, iif(new.status = 'WAITING', new.id, NULL), new.status = 'STARTED')
    ON CONFLICT DO UPDATE SET first_waiting = coalesce(first_waiting, excluded.first_waiting),
    started = started + excluded.started;
END;
CREATE TRIGGER jobs_changed AFTER UPDATE OF status ON jobs WHEN old.status <> new.status BEGIN
  UPDATE lines SET started = started + (new.status = 'STARTED') - (old.status = 'STARTED'),
    first_waiting = (SELECT min(id) FROM jobs WHERE kind = new.kind AND dataset_name = new.dataset_name
      AND status = 'WAITING')
    WHERE kind = new.kind AND dataset_name = new.dataset_name;
END;
CREATE TRIGGER jobs_removed AFTER DELETE ON jobs BEGIN
  UPDATE lines SET started = started - (old.status = 'STARTED'),
    first_waiting = (SELECT min(id) FROM jobs WHERE kind = old.kind AND dataset_name = old.dataset_name
      AND status = 'WAITING')
    WHERE kind = old.kind AND dataset_name = old.dataset_name;
  DELETE FROM lines WHERE kind = old.kind AND dataset_name = old.dataset_name AND first_waiting IS NULL AND started = 0;
END;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def first(connection: sqlite3.Connection) -> None:
    """The schema of version 1."""
    statement = ""
    for line in FIRST.splitlines(keepends=True):  # a trigger holds semicolons of its own
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
    connection.execute("INSERT INTO facts VALUES ('owner', ?)", (uuid.uuid4().hex[:8],))


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (first,)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Run the steps that a file of `version` lacks, inside the caller's transaction."""
    for step in STEPS[version:]:
        step(connection)
