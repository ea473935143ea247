"""Caches of any size, as `warm` would leave them: filled by statements, since a hundred thousand pages would take an hour."""

from __future__ import annotations

from pathlib import Path

from dspreview.models import EXTRACTOR_VERSION
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
ERROR = """{"status_code":400,"exception":"UnreadableDataError","message":"data/train.jsonl, line 7: no JSON",
"cause_exception":null,"cause_message":null,"cause_traceback":null}"""
STATUS = "CASE {0} % 25 WHEN 0 THEN 'ERROR' WHEN 1 THEN 'STALLED' WHEN 2 THEN 'EMPTY' ELSE 'VALID' END"
FILL = f"""
{NUMBERS} INSERT INTO datasets SELECT i, 'owner-' || (i * 7919 % 9973) || '/dataset-' || i, 'hub', '', {STATUS.format("i")},
 printf('%040x', i), {EXTRACTOR_VERSION}, 0, 0, 'default', iif(i % 25 = 0, '{ERROR}', NULL), '2026-01-20T14:40:50Z',
 1e9, 1e9 + i * 7919 % 99991 FROM n;
{NUMBERS} INSERT INTO aliases SELECT name, '', id FROM datasets JOIN n ON i = id;
{NUMBERS} INSERT INTO configs SELECT i, i, 'default', 0, NULL FROM n;
{NUMBERS} INSERT INTO splits SELECT i * 3 + k.value, i, k.value, k.key, {STATUS.format("(i * 3 + k.value)")}, 1, 1,
 printf('%040x', i), {EXTRACTOR_VERSION}, '', iif((i * 3 + k.value) % 25 = 0, '{ERROR}', NULL), '2026-01-20T14:40:50Z', '', ''
 FROM n JOIN json_each('[0,1,2]') k WHERE k.key < 2 OR i % 5 < 2;
INSERT INTO rows SELECT id, '[]', '[]', printf('[%.*c]', ?, ' '), 1, 1, 0, '{{}}', NULL FROM splits
 WHERE status IN ('VALID', 'STALLED');
INSERT INTO page_sizes SELECT split_id, length(rows) + 4, num_rows FROM rows;
"""


def fill(settings: Settings, datasets: int, page_bytes: int = 200) -> None:
    """Make a cache of so many datasets and 2.4 times as many splits."""
    Path(settings.dspreview_database).unlink(missing_ok=True)
    with Store(settings, must_write=True) as store:
        store.connection.execute("PRAGMA synchronous = OFF")
        with transaction(store.connection):
            for statement in filter(str.strip, FILL.split(";")):
                values = (page_bytes,) if "INTO rows" in statement else (datasets,) if "?" in statement else ()
                store.connection.execute(statement, values)
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
