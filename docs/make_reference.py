"""Writes the pages that the code itself knows best: docs/cli.md, docs/settings.md, docs/exit-codes.md, the table of docs/check.md.

`--check` changes nothing and fails where a page is not what the code says.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

from dspreview import errors
from dspreview.check.findings import KINDS
from dspreview.cli.app import COMMANDS, app
from dspreview.cli.commands.skill import skill_text
from dspreview.settings import TABLE

HERE = Path(__file__).parent


def help_text(*words: str) -> str:
    """The help of a command as a user sees it at 100 columns."""
    done = subprocess.run(
        [sys.executable, "-m", "dspreview", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "100", "TERMINAL_WIDTH": "100", "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout.rstrip()


def cli_page() -> str:
    """The command reference."""
    parts = ["# Commands\n\nThis page is made from the program's own help by `docs/make_reference.py`.\n"]
    calls: list[tuple[str, ...]] = [()]
    commands: Any = typer.main.get_command(app)
    context = typer.Context(commands)
    for name in COMMANDS:
        calls += [(name,), *[(name, inner) for inner in getattr(commands.get_command(context, name), "commands", ())]]
    for words in calls:
        title = " ".join(("dspreview", *words))
        parts.append(f"## {title}\n\n```text\n{help_text(*words)}\n```\n")
    return "\n".join(parts)


def settings_page() -> str:
    """The table of settings."""
    lines = [
        "# Settings",
        "",
        "The first that is set wins: a flag, the environment, `dspreview.toml` in the working folder, `dspreview.toml` in your",
        "configuration folder, the default. Numbers may be written `1_000_000`. An unknown key in a file is an error.",
        "`dspreview settings` shows each value and where it came from.",
        "",
        "The working folder may be a clone or a download, and its file may come from somebody else. So it can set only",
        "ROWS_* and CHECK_* (the last column). Any other setting in it is ignored, and `dspreview settings` says so;",
        "with `--no-folder-settings` the file is not read. Your own file can set everything.",
        "",
        "The configuration folder is `~/.config/dspreview` (`$XDG_CONFIG_HOME/dspreview`; on macOS",
        "`~/Library/Application Support/dspreview`). The cache folder is `~/.cache/dspreview` (`$XDG_CACHE_HOME/dspreview`; on",
        "macOS `~/Library/Caches/dspreview`). HF_HOME, HF_TOKEN_PATH, HTTPS_PROXY and SSL_CERT_FILE are honoured as everywhere.",
        "",
        "Derived files are converted Parquet, search indexes, statistics, media headers, and parts of remote files.",
        "",
        "| name | default | meaning | in a working folder |",
        "|---|---|---|---|",
    ]
    for setting in TABLE:
        default = f"`{str(setting.default).lower() if isinstance(setting.default, bool) else setting.default}`"
        default = default if setting.default != "" else ""
        choices = f" ({', '.join(setting.choices)})" if setting.choices else ""
        lines.append(
            f"| `{setting.name}` | {default} | {setting.meaning}{choices} | {'yes' if setting.in_folder else 'no'} |"
        )
    return "\n".join(lines) + "\n"


def check_page() -> str:
    """The page about checks, with the table of findings."""
    begin, end = "<!-- findings -->\n", "<!-- end of findings -->"
    before, _, rest = (HERE / "check.md").read_text(encoding="utf-8").partition(begin)
    lines = ["| code | severity | what | for example | remedy |", "|---|---|---|---|---|"]
    lines += [
        f"| `{one.code}` | {one.severity} | {one.title} | {one.example.replace('|', chr(92) + '|')} | {one.remedy} |"
        for one in KINDS.values()
    ]
    return before + begin + "\n".join(lines) + "\n" + end + rest.partition(end)[2]


def exit_page() -> str:
    """The table of exit codes and failures."""
    lines = [
        "# Exit codes",
        "",
        "| exit | meaning | `status_code` |",
        "|---|---|---|",
        "| 0 | done | 200 |",
        "| 1 | the answer is no: not valid, findings, some splits or jobs failed | 200 |",
        "| 2 | usage error: an option, a setting, or CONFIG or SPLIT left out when there are several | 422 |",
        "| 3 | not found: dataset, config, split, revision, or not in the cache with `--cached` | 404 |",
        "| 4 | no access: gated, private, token | 401, 403 |",
        "| 5 | the Hub or the network: unreachable, offline, 5xx, rate limited | 503 |",
        "| 6 | the dataset is erroneous | 400 |",
        "| 7 | the store: locked too long, corrupt, newer than this program, disk full | 507 |",
        "| 8 | a package that the data needs is not installed | 501 |",
        "| 70 | a bug in dspreview | 500 |",
        "| 130 | interrupted | |",
        "",
        "If several datasets in one call end differently, the exit code is the first of these that occurred:",
        f"{', '.join(map(str, errors.EXIT_ORDER))}.",
        "",
        "## Failures by name",
        "",
        "`exception` in the JSON of a failure is one of these.",
        "",
        "| exception | exit | meaning |",
        "|---|---|---|",
    ]
    classes = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.PreviewError) and value is not errors.PreviewError
    ]
    for value in sorted(classes, key=lambda one: (one.exit_code, one.__name__)):
        meaning = (value.__doc__ or "").strip().splitlines()[0]
        lines.append(f"| `{value.__name__}` | {value.exit_code} | {meaning} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages, or check them."""
    stale = []
    for name, text in {
        "cli.md": cli_page(),
        "settings.md": settings_page(),
        "exit-codes.md": exit_page(),
        "check.md": check_page(),
        "SKILL.md": skill_text(),
    }.items():
        path = HERE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run: python docs/make_reference.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
