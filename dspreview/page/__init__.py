"""What a page is, whoever fills it; no `datasets`, no DuckDB, no pyarrow at import."""
