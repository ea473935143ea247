PRAGMA application_id = 1685287030;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE aliases (
  alias TEXT NOT NULL,
  asked_revision TEXT NOT NULL DEFAULT '',
  dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
  PRIMARY KEY (alias, asked_revision)
) WITHOUT ROWID;
INSERT INTO "aliases" VALUES('a/signals','',1);
INSERT INTO "aliases" VALUES('a/words','',2);
INSERT INTO "aliases" VALUES('a/broken','',3);
CREATE TABLE assets (
  url TEXT NOT NULL,
  split_id INTEGER NOT NULL REFERENCES splits ON DELETE CASCADE,
  row_idx INTEGER NOT NULL,
  "column" TEXT NOT NULL,
  file TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (url, split_id)
) WITHOUT ROWID;
INSERT INTO "assets" VALUES('assets/a/signals/--/default/train/0/image/a.png',1,0,'image','0.png',75);
INSERT INTO "assets" VALUES('assets/a/signals/--/default/train/1/image/b.png',1,1,'image','1.png',75);
CREATE TABLE configs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
  config TEXT NOT NULL,
  position INTEGER NOT NULL,
  error TEXT,
  UNIQUE (dataset_id, config)
);
INSERT INTO "configs" VALUES(1,1,'default',0,NULL);
INSERT INTO "configs" VALUES(2,2,'default',0,NULL);
INSERT INTO "configs" VALUES(3,3,'default',0,NULL);
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
INSERT INTO "datasets" VALUES(1,'a/signals','hub','','VALID','d9225dd31f275eec3f479880340c7a415132fcc2',1,0,0,'default',NULL,'2026-11-22T03:02:53Z',1.79531657300989389413e+09,1.79531657300989389413e+09);
INSERT INTO "datasets" VALUES(2,'a/words','hub','','VALID','aede3a8d181a4afda1e23334524e7a3967288555',1,0,0,'default',NULL,'2026-11-22T03:02:55Z',1.79531657598156952856e+09,1.79531657598156952856e+09);
INSERT INTO "datasets" VALUES(3,'a/broken','hub','','VALID','a4b54a10a9ef13dea9477bc495df373967e84602',1,0,0,'default',NULL,'2026-11-22T03:02:54Z',1.79531657479018092156e+09,1.79531657479018092156e+09);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "facts" VALUES('owner','f3f56c0a');
CREATE TABLE hub (id TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
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
INSERT INTO "jobs" VALUES(1,'datasets','a/signals','','','','SUCCESS','2026-11-22T03:02:52.276547','2026-11-22T03:02:52.276513','2026-11-22T03:02:53.010424',NULL,NULL,1,NULL,NULL,0);
INSERT INTO "jobs" VALUES(2,'splits','a/signals','default','train','','SUCCESS','2026-11-22T03:02:53.010816','2026-11-22T03:02:53.010795','2026-11-22T03:02:53.141622',NULL,NULL,1,NULL,NULL,1);
INSERT INTO "jobs" VALUES(3,'datasets','a/words','','','','SUCCESS','2026-11-22T03:02:53.235674','2026-11-22T03:02:53.235631','2026-11-22T03:02:53.929029',NULL,NULL,1,NULL,NULL,0);
INSERT INTO "jobs" VALUES(4,'splits','a/words','default','train','','SUCCESS','2026-11-22T03:02:53.929404','2026-11-22T03:02:53.929391','2026-11-22T03:02:53.947781',NULL,NULL,1,NULL,NULL,1);
INSERT INTO "jobs" VALUES(5,'datasets','a/broken','','','','SUCCESS','2026-11-22T03:02:54.034186','2026-11-22T03:02:54.034128','2026-11-22T03:02:54.790895',NULL,NULL,1,NULL,NULL,0);
INSERT INTO "jobs" VALUES(6,'splits','a/broken','default','train','','ERROR','2026-11-22T03:02:54.791270','2026-11-22T03:02:54.791255','2026-11-22T03:02:54.816433',NULL,NULL,1,'a/broken default/train: train.parquet: Parquet file size is 2 bytes, smaller than the minimum file footer (8 bytes) (ArrowInvalid); downloading it whole failed too: a/broken default/train: Parquet file size is 2 bytes, smaller than the minimum file footer (8 bytes) (ArrowInvalid)',NULL,1);
INSERT INTO "jobs" VALUES(7,'datasets','a/words','','','','SUCCESS','2026-11-22T03:02:54.949126','2026-11-22T03:02:55.069240','2026-11-22T03:02:55.982717',NULL,NULL,1,NULL,NULL,0);
INSERT INTO "jobs" VALUES(8,'splits','a/words','default','test','','SUCCESS','2026-11-22T03:02:55.982560','2026-11-22T03:02:55.983484','2026-11-22T03:02:56.157253',NULL,NULL,1,NULL,NULL,1);
INSERT INTO "jobs" VALUES(9,'datasets','a/signals','','','','WAITING','2026-11-22T03:02:56.608045',NULL,NULL,NULL,NULL,0,NULL,1,1);
INSERT INTO "jobs" VALUES(10,'datasets','a/words','','','','WAITING','2026-11-22T03:02:56.713572',NULL,NULL,NULL,NULL,0,NULL,1,1);
INSERT INTO "jobs" VALUES(11,'datasets','a/broken','','','','WAITING','2026-11-22T03:02:56.850085',NULL,NULL,NULL,NULL,0,NULL,1,1);
CREATE TABLE page_sizes (
  split_id INTEGER PRIMARY KEY REFERENCES rows ON DELETE CASCADE,
  bytes INTEGER NOT NULL,
  num_rows INTEGER NOT NULL
);
INSERT INTO "page_sizes" VALUES(1,662,2);
INSERT INTO "page_sizes" VALUES(2,200,2);
INSERT INTO "page_sizes" VALUES(3,150,1);
CREATE TABLE parquet (
  split_id INTEGER PRIMARY KEY REFERENCES splits ON DELETE CASCADE,
  revision TEXT NOT NULL,
  extractor INTEGER NOT NULL,
  files TEXT NOT NULL
);
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
INSERT INTO "rows" VALUES(1,'[{"feature_idx":0,"name":"image","type":{"_type":"Image"}},{"feature_idx":1,"name":"text","type":{"dtype":"large_string","_type":"Value"}}]','[{"name":"image","type":"RELATIVE_IMAGE_URL"},{"name":"text","type":"STRING"}]','[
{"row_idx":0,"row":{"image":{"src":"assets/a/signals/--/default/train/0/image/a.png","height":6,"width":8},"text":"first"},"truncated_cells":[]},
{"row_idx":1,"row":{"image":{"src":"assets/a/signals/--/default/train/1/image/b.png","height":5,"width":9},"text":"second"},"truncated_cells":[]}
]',2,2,0,'{}','f3f56c0a4657dff8ac5a41eeb6ec575bf6f12fdd');
INSERT INTO "rows" VALUES(2,'[{"feature_idx":0,"name":"x","type":{"dtype":"int64","_type":"Value"}}]','[{"name":"x","type":"INT"}]','[
{"row_idx":0,"row":{"x":1},"truncated_cells":[]},
{"row_idx":1,"row":{"x":2},"truncated_cells":[]}
]',2,2,0,'{}',NULL);
INSERT INTO "rows" VALUES(3,'[{"feature_idx":0,"name":"x","type":{"dtype":"int64","_type":"Value"}}]','[{"name":"x","type":"INT"}]','[
{"row_idx":0,"row":{"x":3},"truncated_cells":[]}
]',1,1,0,'{}',NULL);
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
INSERT INTO "splits" VALUES(1,1,'train',0,'VALID',NULL,2,'d9225dd31f275eec3f479880340c7a415132fcc2',1,'1000000/100/10/20000000/200000000/100000000',NULL,'2026-11-22T03:02:53Z','806d3e069ee828884882ead3bb292696a3fba564d02e6a02b171d9e7f51ecb9b','806d3e069ee828884882ead3bb292696a3fba564d02e6a02b171d9e7f51ecb9b');
INSERT INTO "splits" VALUES(2,2,'train',0,'VALID',NULL,2,'aede3a8d181a4afda1e23334524e7a3967288555',1,'1000000/100/10/20000000/200000000/100000000',NULL,'2026-11-22T03:02:53Z','49d1380c56fa5f3b4c8b39cd80f89db77e89b2e31290c78ab69382aa3e836eff','49d1380c56fa5f3b4c8b39cd80f89db77e89b2e31290c78ab69382aa3e836eff');
INSERT INTO "splits" VALUES(3,2,'test',1,'VALID',NULL,1,'aede3a8d181a4afda1e23334524e7a3967288555',1,'1000000/100/10/20000000/200000000/100000000',NULL,'2026-11-22T03:02:56Z','e23d54abe8dcc03e3d36de3504252793d5637c01f15fb16dbf2b13e16d8c4bb5','e23d54abe8dcc03e3d36de3504252793d5637c01f15fb16dbf2b13e16d8c4bb5');
INSERT INTO "splits" VALUES(4,3,'train',0,'ERROR',NULL,NULL,'a4b54a10a9ef13dea9477bc495df373967e84602',1,'1000000/100/10/20000000/200000000/100000000','{"status_code":400,"exception":"UnreadableDataError","message":"a/broken default/train: train.parquet: Parquet file size is 2 bytes, smaller than the minimum file footer (8 bytes) (ArrowInvalid); downloading it whole failed too: a/broken default/train: Parquet file size is 2 bytes, smaller than the minimum file footer (8 bytes) (ArrowInvalid)","cause_exception":"ArrowInvalid","cause_message":"Parquet file size is 2 bytes, smaller than the minimum file footer (8 bytes)","cause_traceback":["Traceback (most recent call last):\n","  File \"/opt/dspreview/dspreview/extract/rows.py\", line 53, in read_rows\n    return attempt.page(window or Window())\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n","  File \"/opt/dspreview/dspreview/extract/rows.py\", line 110, in page\n    parts = list(self.reader.tables(offset, wanted + 1))\n            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n","  File \"/opt/dspreview/dspreview/extract/readers.py\", line 60, in tables\n    self.rest = self._read(skip, num_rows)\n                ^^^^^^^^^^^^^^^^^^^^^^^^^^\n","  File \"/opt/dspreview/dspreview/extract/readers.py\", line 87, in _read\n    generators = builder._split_generators(self._manager(builder))\n                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n","  File \"/opt/packages/datasets/packaged_modules/parquet/parquet.py\", line 127, in _split_generators\n    self.info.features = datasets.Features.from_arrow_schema(pq.read_schema(f))\n                                                             ^^^^^^^^^^^^^^^^^\n","  File \"/opt/packages/pyarrow/parquet/core.py\", line 2498, in read_schema\n    file = ParquetFile(\n           ^^^^^^^^^^^^\n","  File \"/opt/packages/pyarrow/parquet/core.py\", line 336, in __init__\n    self.reader.open(\n","  File \"pyarrow/_parquet.pyx\", line 1685, in pyarrow._parquet.ParquetReader.open\n","  File \"pyarrow/error.pxi\", line 92, in pyarrow.lib.check_status\n","pyarrow.lib.ArrowInvalid: Parquet file size is 2 bytes, smaller than the minimum file footer (8 bytes)\n"]}','2026-11-22T03:02:54Z','1971fc7c754e07b961d1fbc0145a4c9d5258da9ff665ead7f8e5438df30fc07e','1971fc7c754e07b961d1fbc0145a4c9d5258da9ff665ead7f8e5438df30fc07e');
CREATE INDEX aliases_dataset ON aliases (dataset_id);
CREATE INDEX splits_status ON splits (status);
CREATE UNIQUE INDEX rows_asset_folder ON rows (asset_folder) WHERE asset_folder IS NOT NULL;
CREATE INDEX assets_split ON assets (split_id);
CREATE INDEX query_assets_query ON query_assets (query_id);
CREATE UNIQUE INDEX jobs_latest ON jobs (kind, dataset_name, config_name, split_name, asked_revision) WHERE latest = 1;
CREATE INDEX jobs_first ON jobs (place, id, kind) WHERE place IS NOT NULL;
CREATE INDEX jobs_behind ON jobs (kind, dataset_name, id) WHERE status = 'WAITING' AND place IS NULL;
CREATE INDEX datasets_used ON datasets (used_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('jobs',11);
INSERT INTO "sqlite_sequence" VALUES('datasets',4);
INSERT INTO "sqlite_sequence" VALUES('configs',4);
INSERT INTO "sqlite_sequence" VALUES('splits',6);
COMMIT;
