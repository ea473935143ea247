"""`dspreview skill`: a SKILL.md that teaches an agent to use this program."""

from __future__ import annotations

import typer

from dspreview.cli.app import COMMANDS
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.documents.stdout import write_text
from dspreview.errors import EXIT_OK

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
CALLS = {
    "describe": "DATASET [CONFIG [SPLIT]] --max-tokens 1000",
    "splits": "DATASET",
    "rows": "DATASET [CONFIG] [SPLIT] --offset 0 --length 20 --columns A,B",
    "filter": "DATASET [CONFIG] [SPLIT] --where \"label = 1 AND text LIKE '%x%'\" --orderby 'n DESC'",
    "search": "DATASET [CONFIG] [SPLIT] 'some words' --match all",
    "stats": "DATASET [CONFIG] [SPLIT] --column A",
    "sql": 'DATASET "SELECT label, count(*) FROM train GROUP BY 1"',
    "export": "DATASET [CONFIG [SPLIT]] --where W -o rows.parquet",
    "check": "DATASET --json --fail-on error",
    "diff": "A B --json",
}
"""The commands that answer questions, as they are called."""
HEAD = """---
name: dspreview
description: Look into datasets on the Hugging Face Hub or in local folders without loading them whole. Use it to see columns, rows, statistics, missing values, images, conversations and agent sessions, to filter, search or run SQL, and to check whether a dataset is in order.
---

# dspreview

A DATASET is a Hub id (`glue`, `nyu-mll/glue`, `glue@REVISION`), a path (`./folder`, `data.csv`, `'logs/*.jsonl'`), an address (`https://…`, `s3://…`) or
`-` for stdin. CONFIG and SPLIT may be left out; what was taken is said on stderr. SPLIT may be a part: `train[:10%]+test`. Begin with `describe`. Everything read is kept, so asking again is cheap.

| command | call |
|---|---|
"""
TAIL = """
- Without `--format`, answers for agents are tab-separated lines, uncut: `null` is a missing value, `""` an empty text. `--json` gives documents,
  `--format jsonl` or `csv` the bare rows, with `--length all` all of them.
- How much more there is stands on stderr: `{"more": {"rows": 324, "next": "--offset 20"}}`.
- Count and group with `sql` instead of reading rows. Its tables are the splits of the default config (`train`) and `config.split`.
- Predicates reach into nested values: `messages[-1].content`, `ANY(messages).role = 'tool'`, `metadata.turns > 3`, `text IS NULL`.
- Exit codes: 0 ok, 1 a verdict of no, 2 wrong use, 3 no such dataset, config or split, 4 no access, 5 no network, 6 the data is broken,
  7 the disk, 8 a package is missing. The message says what to do next.
- `--offline` uses what is on this machine, `--cached` only what was read before. HF_TOKEN opens private datasets with
  DATASETS_ENABLE_PRIVATE=true.
"""


def skill_text() -> str:
    """The document."""
    lines = [f"| {COMMANDS[name].help.rstrip('.')} | `dspreview {name} {words}` |\n" for name, words in CALLS.items()]
    return HEAD + "".join(lines) + TAIL


@app.command(help="Print a SKILL.md that teaches an agent to use dspreview.")
@with_common
def skill(call: Call) -> int:
    """Answer `skill`."""
    del call
    write_text(skill_text())
    return EXIT_OK
