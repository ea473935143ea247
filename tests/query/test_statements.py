"""What a statement of SQL may be: nothing that reads anything but the views. Written from DuckDB's documentation, not from the guard."""

from __future__ import annotations

import duckdb
import pytest

from dspreview.errors import UsageError
from dspreview.query.statement.guard import TableName, guarded_tables

EXPRESSIONS = [
    "getenv('HOME')", "current_setting('memory_limit')", "current_setting('secret_directory')", "getvariable('x')", "nextval('s')", "currval('s')",
    "current_query()", "current_database()", "current_schemas(true)", "pg_get_viewdef('v')", "pg_catalog.pg_table_is_visible(1)",
    "write_log('x')", "json_execute_serialized_sql('{}')", "json_serialize_sql('SELECT 1')", "(SELECT content FROM read_text('/etc/hostname'))",
    "(SELECT count(*) FROM glob('/*'))", "(FROM read_csv('/etc/hostname') LIMIT 1)", "(SELECT 1 FROM 'a.csv')", '(SELECT 1 FROM "/etc/hostname")',
    "(SELECT value FROM duckdb_settings() LIMIT 1)", "(SELECT 1 FROM duckdb_secrets())", "which_secret('s3://x', 's3')", "$1", "?",
    "system.main.current_setting('threads')",
]  # fmt: skip
SOURCES = [
    "read_csv('/etc/hostname')", "read_csv_auto('x')", "read_parquet('x.parquet')", "parquet_scan('x')", "parquet_metadata('x')", "parquet_schema('x')",
    "parquet_file_metadata('x')", "parquet_kv_metadata('x')", "parquet_bloom_probe('x', 'a', 1)", "read_json('x')", "read_json_auto('x')", "read_ndjson('x')",
    "read_json_objects('x')", "read_text('/etc/hostname')", "read_blob('/etc/hostname')", "glob('/*')", "sniff_csv('x')", "arrow_scan(1, 2, 3)",
    "pandas_scan(1)", "python_map_function(1)", "sqlite_scan('x', 't')", "postgres_scan('x', 'y', 'z')", "mysql_scan('x')", "iceberg_scan('x')", "delta_scan('x')",
    "duckdb_settings()", "duckdb_secrets()", "duckdb_extensions()", "duckdb_functions()", "duckdb_tables()", "duckdb_views()", "duckdb_variables()",
    "duckdb_logs()", "duckdb_temporary_files()", "duckdb_memory()", "duckdb_databases()", "pragma_version()", "pragma_platform()", "pragma_database_size()",
    "pragma_table_info('train')", "pragma_storage_info('train')", "pragma_user_agent()", "query('SELECT 1')", "query_table('train')", "checkpoint()", "force_checkpoint()",
    "json_execute_serialized_sql('{}')", "enable_logging()", "truncate_duckdb_logs()", "which_secret('x', 's3')", "repeat_row(1, num_rows = 5)", "test_all_types()",
    "'/etc/hostname'", "'x.parquet'", "'https://example.org/a.parquet'", "'s3://b/a.parquet'", "'hf://datasets/a/b/c.csv'", '"x.csv"', "information_schema.tables",
    "information_schema.columns", "pg_catalog.pg_class", "pg_catalog.pg_settings", "sqlite_master", "duckdb_tables", "duckdb_columns", "pragma_database_list",
    "system.information_schema.tables", "memory.main.train", "temp.main.train", "other.main.train", "missing", "main.missing", "train_x",
]  # fmt: skip
STATEMENTS = [
    "COPY train TO '/tmp/x.csv'", "COPY (SELECT 1) TO 'x.parquet'", "COPY train FROM 'x.csv'", "EXPORT DATABASE '/tmp/x'", "IMPORT DATABASE '/tmp/x'", "ATTACH 'x.db'",
    "ATTACH 'x.db' AS y (READ_ONLY)", "DETACH memory", "USE memory", "INSTALL httpfs", "LOAD httpfs", "FORCE INSTALL httpfs", "UPDATE EXTENSIONS", "SET threads = 1",
    "SET enable_external_access = true", "SET lock_configuration = false", "RESET threads", "SET VARIABLE x = 1", "PRAGMA enable_profiling", "PRAGMA database_list",
    "PRAGMA version", "CALL pragma_version()", "CALL enable_logging('file')", "CREATE TABLE x AS SELECT 1", "CREATE TEMP TABLE x (a INT)", "CREATE VIEW x AS SELECT 1",
    "CREATE MACRO f(x) AS x", "CREATE MACRO g() AS TABLE FROM read_text('/etc/hostname')", "CREATE SEQUENCE s", "CREATE TYPE t AS ENUM ('a')", "CREATE SCHEMA x",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')", "CREATE PERSISTENT SECRET s (TYPE s3)", "DROP VIEW train", "DROP SECRET s", "ALTER TABLE train ADD COLUMN x INT",
    "INSERT INTO train VALUES (1)", "UPDATE train SET a = 1", "DELETE FROM train", "TRUNCATE train", "MERGE INTO train USING train b ON true WHEN MATCHED THEN DELETE",
    "VACUUM", "ANALYZE", "CHECKPOINT", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1", "PREPARE v AS SELECT 1", "EXECUTE v", "DEALLOCATE v", "BEGIN", "COMMIT", "ROLLBACK",
    "SHOW TABLES", "SHOW ALL TABLES", "SHOW DATABASES", "SHOW SETTINGS", "COMMENT ON TABLE train IS 'x'", "SELECT 1; SELECT 2", "SELECT 1; COPY train TO 'x'", "", ";", "-- nothing",
    "WITH t AS (INSERT INTO train VALUES (1) RETURNING *) SELECT * FROM t", "WITH t AS (DELETE FROM train RETURNING *) SELECT * FROM t",
    "WITH t AS (UPDATE train SET a = 1 RETURNING *) SELECT * FROM t", "WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings()",
    'WITH a AS (FROM "/etc/hostname"), "/etc/hostname" AS (SELECT 1) FROM a', 'WITH "x.csv" AS (SELECT 1) SELECT (SELECT count(*) FROM "x.csv")',
    "WITH duckdb_tables AS (SELECT 1) SELECT * FROM main.duckdb_tables", "WITH pg_class AS (SELECT 1) SELECT (SELECT 1 FROM pg_class)",
]  # fmt: skip
FORMS = [
    "SELECT {}", "SELECT * FROM train WHERE a = {}", "WITH t AS (SELECT {} AS x) SELECT * FROM t", "SELECT (SELECT {})", "SELECT * FROM train ORDER BY {}",
    "SELECT list_transform([1], lambda x: {})", "SELECT CASE WHEN true THEN {} END", "SELECT sum(1) FILTER (WHERE {} IS NULL) FROM train",
    "SELECT 1 UNION ALL SELECT {}", "SELECT * FROM train JOIN LATERAL (SELECT {}) x ON true", "FROM train SELECT COLUMNS(c -> {} IS NULL)", "SUMMARIZE SELECT {}",
]  # fmt: skip
FROM_FORMS = [
    "SELECT * FROM {}", "FROM {}", "WITH t AS (SELECT * FROM {}) SELECT * FROM t", "SELECT (SELECT count(*) FROM {})", "SELECT * FROM train, {}", "DESCRIBE FROM {}",
    "SELECT * FROM train WHERE EXISTS (FROM {})", "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT 2 FROM {}) SELECT * FROM t", "SUMMARIZE FROM {}",
    "SELECT * FROM train ANTI JOIN {} ON true", "PIVOT (FROM {}) ON a IN (1) USING count(*)",
]  # fmt: skip
HOSTILE = [
    *STATEMENTS, *(form.format(one) for one in EXPRESSIONS for form in FORMS), *(form.format(one) for one in SOURCES for form in FROM_FORMS),
]  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"python_enable_replacements": "false", "enable_external_access": "false"})


def test_nothing_hostile_reaches_more_than_the_views(connection: duckdb.DuckDBPyConnection) -> None:
    assert len(HOSTILE) > 1_000
    passed = []
    for text in HOSTILE:
        try:
            tables = guarded_tables(connection, text)
        except UsageError:
            continue
        if all(table == TableName("", "train") for table in tables):
            passed.append(text)
    assert passed == []


HARMLESS = [
    ("SELECT a, count(*) FROM train GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 3", ["train"]),
    ("FROM train SELECT a QUALIFY row_number() OVER (PARTITION BY b ORDER BY a) = 1", ["train"]),
    ("WITH x AS (SELECT 1 AS a), y AS (SELECT * FROM x) SELECT * FROM y JOIN test USING (a)", ["test"]),
    ('SELECT * FROM "my config"."train" t ASOF JOIN other.test o ON t.a >= o.a', ["my config.train", "other.test"]),
    ("SUMMARIZE train", ["train"]),
    ("DESCRIBE train", ["train"]),
    ("PIVOT train ON b IN ('x', 'y') USING sum(a) GROUP BY c", ["train"]),
    ("UNPIVOT train ON a, b INTO NAME k VALUE v", ["train"]),
    ("SELECT unnest(tags), list_filter(tags, lambda t: t <> ''), s.a, m['k'] FROM train", ["train"]),
    ("SELECT * FROM range(3) r(n), generate_series(1, 2)", []),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t", []),
    ("SELECT 'SELECT * FROM read_csv(''x'')' AS text, \"duckdb_settings\" FROM train", ["train"]),
    ("VALUES (1, 'a'), (2, 'b')", []),
    (
        "SELECT regexp_extract(t, '(\\d+)', 1), strftime(made, '%Y'), approx_quantile(a, 0.5), json_extract_string(j, '$.a') FROM train TABLESAMPLE 10%",
        ["train"],
    ),
    ("TABLE train", ["train"]),
]


@pytest.mark.parametrize(("text", "tables"), HARMLESS)
def test_a_select_names_its_tables(text: str, tables: list[str], connection: duckdb.DuckDBPyConnection) -> None:
    found = {one for one in guarded_tables(connection, text) if one.is_sure}
    assert sorted(".".join(filter(None, (one.schema, one.name))) for one in found) == tables


def test_a_mistake_has_its_place(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError) as caught:
        guarded_tables(connection, "SELECT 1,\n  a + FROM train")
    first, shown, caret = str(caught.value).split("\n")
    assert "syntax error" in first
    assert shown[caret.index("^") :].startswith("FROM")


def test_a_statement_has_a_longest_length(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="longer than"):
        guarded_tables(connection, "SELECT '" + "x" * 200_000 + "'")
