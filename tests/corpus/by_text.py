"""Texts as programs write them that are not here: R's write.csv and write.table, spreadsheets, PostgreSQL, MySQL."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.corpus.told import Case, place

BOM = "\ufeff"
NUMBERS, WORDS, REALS, TRUTHS = (
    [1, 2, 3],
    ["é", 'a "quoted" one', "two\nlines"],
    [1.5, None, -0.25],
    [True, False, True],
)
TABLE: dict[str, list[Any]] = {"number": NUMBERS, "text": WORDS, "real": REALS}
SEMICOLONS = """---
configs:
- config_name: default
  data_files: data.csv
  sep: ";"
  decimal: ","
---
"""
FILES: dict[str, tuple[str, str, dict[str, list[Any]]]] = {
    # write.csv(d): the column of row names has an empty name
    "r-write-csv": (
        "data.csv",
        '"","number","text","real","flag"\n"1",1,"é",1.5,TRUE\n"2",2,"a ""quoted"" one",NA,FALSE\n"3",3,"two\nlines",-0.25,TRUE\n',
        {"Unnamed: 0": [1, 2, 3], **TABLE, "flag": TRUTHS},
    ),
    # write.csv(d, row.names = FALSE, fileEncoding = "UTF-8") on Windows
    "r-write-csv-crlf": (
        "data.csv",
        '"number","text","real"\r\n1,"é",1.5\r\n2,"a ""quoted"" one",NA\r\n3,"two\nlines",-0.25\r\n',
        TABLE,
    ),
    # write.table(d, sep = "\t", quote = FALSE): the header has one name less than the rows have cells
    "r-write-table": (
        "data.tsv",
        "number\treal\nr1\t1\t1.5\nr2\t2\tNA\nr3\t3\t-0.25\n",
        {"": ["r1", "r2", "r3"], "number": NUMBERS, "real": REALS},
    ),
    # readr::write_excel_csv
    "r-write-excel-csv": (
        "data.csv",
        f'{BOM}number,text,real\n1,é,1.5\n2,"a ""quoted"" one",NA\n3,"two\nlines",-0.25\n',
        TABLE,
    ),
    # "CSV UTF-8 (comma delimited)" of a spreadsheet
    "excel-utf8": (
        "data.csv",
        f'{BOM}number,text,real\r\n1,é,1.5\r\n2,"a ""quoted"" one",\r\n3,"two\nlines",-0.25\r\n',
        TABLE,
    ),
    # the same where the comma is the decimal point, with a README that says so
    "excel-semicolons": (
        "data.csv",
        f'{BOM}number;text;real\r\n1;é;1,5\r\n2;"a ""quoted"" one";\r\n3;"two\nlines";-0,25\r\n',
        TABLE,
    ),
    # \copy t TO 'data.csv' (FORMAT csv, HEADER, FORCE_QUOTE *)
    "postgresql-csv": (
        "data.csv",
        '"number","text","flag","when"\n"1","é","t","2024-01-31 12:30:00+00"\n"2","a ""quoted"" one","f",\n',
        {"number": [1, 2], "text": WORDS[:2], "flag": ["t", "f"], "when": ["2024-01-31 12:30:00+00", None]},
    ),
    # jsonlite::write_json(d) leaves away what is missing; stream_out(d) writes lines
    "r-jsonlite": (
        "data.json",
        '[{"number":1,"text":"é","real":1.5},{"number":2,"text":"a \\"quoted\\" one"},{"number":3,"text":"two\\nlines","real":-0.25}]',
        TABLE,
    ),
    "r-jsonlite-lines": (
        "data.jsonl",
        '{"number":1,"text":"é","real":1.5}\n{"number":2,"text":"a \\"quoted\\" one"}\n{"number":3,"text":"two\\nlines","real":-0.25}\n',
        TABLE,
    ),
    # jsonlite::toJSON(d, dataframe = "columns"): one object, which is one row
    "r-jsonlite-columns": (
        "data.json",
        '{"number":[1,2,3],"real":[1.5,null,-0.25]}',
        {"number": [NUMBERS], "real": [REALS]},
    ),
    # ConvertTo-Json of PowerShell 5: UTF-8 with a mark, CRLF
    "powershell-json": (
        "data.json",
        f'{BOM}[\r\n    {{\r\n        "number":  1,\r\n        "text":  "é"\r\n    }},\r\n    {{\r\n        "number":  2,\r\n        "text":  null\r\n    }}\r\n]\r\n',
        {"number": [1, 2], "text": ["é", None]},
    ),
}


def cases(data: Path) -> Iterator[Case]:
    """All of them."""
    for name, (file, text, columns) in FILES.items():
        folder = place(data, name)
        (folder / file).write_bytes(text.encode())
        if name == "excel-semicolons":
            (folder / "README.md").write_text(SEMICOLONS, encoding="utf-8")
        yield Case(name, columns)
    folder = place(data, "r-gzfile")
    text = '"number","real"\n1,1.5\n2,NA\n3,-0.25\n'
    (folder / "data.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    yield Case("r-gzfile", {"number": NUMBERS, "real": REALS})
