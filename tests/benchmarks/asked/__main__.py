"""`python -m tests.benchmarks.asked [FOLDER]`: 20 questions about 6 small datasets, with dspreview and with `hf` and the shell.

The agent knows the path of the dataset and the question, and nothing of its files, columns or values. So both sides look before they
ask, each with the cheapest look that there is for that question. Every command is run as typed, by bash, in the folder, with
AI_AGENT=1. What is counted: the characters of each command, and of its stdout and stderr, by four; the hint of `hf` about its skill
is not counted. An answer is right if each of the expected texts stands in the output of the last command. `each` counts every question
alone; `together` counts a command of a dataset once, however many questions it serves: an agent keeps what it has read.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.asked.datasets import LABELS, birds, chats, reviews, scans, trips
from tests.benchmarks.asked.sessions import sessions

FIND = "find {} -type f"
BUDGET = 2_000
"""Tokens of an answer for an agent."""


class Question(NamedTuple):
    """A question, and what each side types."""

    dataset: str
    text: str
    expected: list[str]
    """Texts, or expressions, that must stand in the output of the last command; read off the generator's lists."""
    ours: list[str]
    theirs: list[str]


def sql(text: str) -> str:
    return f'hf datasets sql "{text}"'


def questions(root: Path) -> list[Question]:
    """The questions, their answers from the lists, and what is typed."""
    r, t, c, b, s, p = reviews(root), trips(root), chats(root), birds(root), sessions(root), scans(root)
    found: list[Question] = []

    def ask(dataset: str, text: str, expected: list[Any], ours: list[str], theirs: list[str]) -> None:
        found.append(Question(dataset, text, [str(one) for one in expected], ours, theirs))

    # reviews
    parquet = "reviews/data/train-00000-of-00001.parquet"
    both = "reviews/data/*.parquet"
    no_label = sum(row["label"] is None for row in r["train"])
    ask("reviews", "How many rows of train have no label?", [no_label],
        ["dspreview describe ./reviews"],
        [FIND.format("reviews"), sql(f"describe from '{parquet}'"), sql(f"select count(*)-count(label) n from '{parquet}'")])  # fmt: skip
    ask("reviews", "What are the names of the labels?", LABELS,
        ["dspreview describe ./reviews"],
        [FIND.format("reviews"), f"python -c \"import pyarrow.parquet as q;print(q.read_schema('{parquet}').metadata)\""])  # fmt: skip
    ask("reviews", "Which splits are there, with how many rows?", ["train", "2000|2,000", "test", "400"],
        ["dspreview splits ./reviews", "dspreview sql ./reviews \"select 'train',count(*) from train union select 'test',count(*) from test\""],
        [FIND.format("reviews"), sql(f"select filename,count(*) n from read_parquet('{both}',filename=true) group by 1")])  # fmt: skip
    top, _ = Counter(row["label"] for row in r["train"] if row["label"] is not None).most_common(1)[0]
    ask("reviews", "What is the name of the most frequent label of train?", [LABELS[top]],
        ["dspreview describe ./reviews", "dspreview stats ./reviews --column label"],
        [FIND.format("reviews"), sql(f"describe from '{parquet}'"), sql(f"select label,count(*) n from '{parquet}' group by 1 order by 2 desc"),
         f"python -c \"import pyarrow.parquet as q;print(q.read_schema('{parquet}').metadata)\""])  # fmt: skip
    seen = {row["text"] for row in r["train"]}
    leaked = sum(row["text"] in seen for row in r["test"])
    ask("reviews", "How many texts of test stand in train, too?", [leaked],
        ["dspreview describe ./reviews", 'dspreview sql ./reviews "select count(*) n from test where text in (select text from train)"'],
        [FIND.format("reviews"), sql(f"describe from '{parquet}'"),
         sql(f"select count(*) n from '{parquet.replace('train', 'test')}' where text in (select text from '{parquet}')")])  # fmt: skip

    # trips
    csv = "trips/trips.csv"
    missing = {key: sum(row[key] == "" for row in t) for key in t[0]}
    ask("trips", "Which columns have missing values, and how many?", [f"{number:,}|{number}" for number in missing.values() if number],
        ['dspreview sql ./trips "select count(*)-count(COLUMNS(*)) from train"'],
        [FIND.format("trips"), sql(f"select count(*)-count(COLUMNS(*)) from '{csv}'")])  # fmt: skip
    days = [row["day"] for row in t]
    ask("trips", "Which are the first and the last day?", [min(days), max(days)],
        ["dspreview describe ./trips", 'dspreview sql ./trips "select min(day),max(day) from train"'],
        [FIND.format("trips"), sql(f"describe from '{csv}'"), sql(f"select min(day),max(day) from '{csv}'")])  # fmt: skip
    oslo = [float(row["km"]) for row in t if row["city"] == "Oslo"]
    ask("trips", "How many km is a trip in Oslo on average (one digit)?", [f"{sum(oslo) / len(oslo):.1f}"],
        ["dspreview describe ./trips", "dspreview sql ./trips \"select round(avg(km),1) m from train where city='Oslo'\""],
        [FIND.format("trips"), sql(f"from '{csv}' limit 3"), sql(f"select round(avg(km),1) m from '{csv}' where city='Oslo'")])  # fmt: skip
    distinct = len({tuple(row.values()) for row in t})
    ask("trips", "How many different rows are there?", [distinct],
        ['dspreview sql ./trips "select count(*) n from (select distinct * from train)"'],
        [FIND.format("trips"), sql(f"select count(*) n from (select distinct * from '{csv}')")])  # fmt: skip

    # chats
    jsonl = "chats/train.jsonl"
    ask("chats", "Which column holds the conversation?", ["turns_data"],
        ["dspreview describe ./chats"],
        [FIND.format("chats"), sql(f"describe from '{jsonl}'")])  # fmt: skip
    open_ones = sum(row["turns_data"][-1]["role"] == "user" for row in c)
    ask("chats", "How many conversations end with a turn of the user?", [open_ones],
        ["dspreview describe ./chats", "dspreview sql ./chats \"select count(*) n from train where turns_data[-1]->>'role'='user'\""],
        [FIND.format("chats"), sql(f"describe from '{jsonl}'"), sql(f"select count(*) n from '{jsonl}' where turns_data[-1].role='user'")])  # fmt: skip
    weather = sum(
        any(
            call["function"]["name"] == "get_weather"
            for turn in row["turns_data"]
            for call in turn.get("tool_calls", ())
        )
        for row in c
    )
    ask("chats", "How many conversations call the tool get_weather?", [weather],
        ["dspreview describe ./chats",
         "dspreview filter ./chats --where \"ANY(turns_data).tool_calls[0].function.name='get_weather'\" --columns id --length 1"],
        [FIND.format("chats"), sql(f"describe from '{jsonl}'"),
         sql(f"select count(*) n from '{jsonl}' where list_contains([m.tool_calls[1].function.name for m in turns_data],'get_weather')")])  # fmt: skip
    roles = Counter(turn["role"] for row in c for turn in row["turns_data"])
    share = [
        f"\\b{count}\\b|{role} {100 * count / sum(roles.values()):.{0 if count * 10 >= sum(roles.values()) else 1}f} %"
        for role, count in roles.items()
    ]
    ask("chats", "Which roles occur, and how often?", share,
        ["dspreview stats ./chats"],
        [FIND.format("chats"), sql(f"describe from '{jsonl}'"),
         sql(f"select m.role,count(*) n from (select unnest(turns_data) m from '{jsonl}') group by 1")])  # fmt: skip

    # birds
    kinds = Counter(kind for split, kind, *_ in b if split == "train")
    ask("birds", "How many pictures of each class has train?", [f"{kind}\\W.*{count}" for kind, count in kinds.items()],
        ["dspreview stats ./birds"],
        ["ls birds birds/*", "for d in birds/train/*;do echo $d `ls $d|wc -l`;done"])  # fmt: skip
    ask("birds", "Is a picture broken? Which?", [f"{b[37][1]}/037.png"],
        ["dspreview check ./birds --all-rows"],
        ["ls birds birds/*", "python -c \"\nimport glob\nfrom PIL import Image\nfor f in glob.glob('birds/**/*.png',recursive=True):\n try: Image.open(f).load()\n except Exception as e: print(f,e)\""])  # fmt: skip
    sizes = [size for split, _, name, size in b if split == "train" and not name.endswith("/037.png")]
    ask("birds", "How wide are the narrowest and the widest picture of train?", [min(sizes)[0], max(sizes)[0]],
        ["dspreview stats ./birds"],
        ["ls birds birds/*", "python -c \"\nimport glob\nfrom PIL import Image\nw=set()\nfor f in glob.glob('birds/train/*/*'):\n try: w.add(Image.open(f).width)\n except Exception: pass\nprint(w)\""])  # fmt: skip

    # sessions
    by = Counter(one["harness"] for one in s)
    ask("sessions", "Which agents wrote the sessions, and how many of them each?", [f"{kind}\\W+{number}" for kind, number in by.items()],
        ["dspreview describe ./sessions", "dspreview stats ./sessions --column harness"],
        ["ls sessions", "for f in sessions/*;do head -c 60 $f;echo;done",
         "grep -l uuid sessions/*|wc -l|sed 's/^/claude_code /';grep -l session_meta sessions/*|wc -l|sed 's/^/codex /';grep -l '\"type\": \"session\"' sessions/*|wc -l|sed 's/^/pi /'"])  # fmt: skip
    most = max(s, key=lambda one: one["calls"])
    ask("sessions", "Which session made the most calls of tools, and how many?", [most["file"], most["calls"]],
        ["dspreview describe ./sessions", "dspreview filter ./sessions --orderby 'num_tool_calls DESC' --columns file_path,num_tool_calls --length 1"],
        ["ls sessions", "for f in sessions/*;do head -c 60 $f;echo;done", "cut -c-900 sessions/run-00.jsonl|head -4", "grep -ocE '\"type\": \"(tool_use|function_call|toolCall)\"' sessions/*"])  # fmt: skip
    ask("sessions", "What did the person ask first in run-07.jsonl?", [s[7]["prompt"]],
        ["dspreview describe ./sessions", "dspreview filter ./sessions --where \"file_path='run-07.jsonl'\" --columns prompt"],
        ["ls sessions", "head -c 2000 sessions/run-07.jsonl"])  # fmt: skip

    # scans
    scan = "scans/data/train-00000-of-00001.parquet"
    ask("scans", "Which column holds the picture?", ["facsimile"],
        ["dspreview describe ./scans"],
        [FIND.format("scans"), sql(f"describe from '{scan}'")])  # fmt: skip
    assert len(found) == 20 and len(p) == 120
    return found


class Told(NamedTuple):
    typed: int
    read: int
    out: str

    @property
    def tokens(self) -> float:
        return (self.typed + self.read) / 4


HINT = re.compile(r"(\x1b\[\d+m)*Hint: [^\n]*\n?")


def run(command: str, root: Path, env: dict[str, str]) -> Told:
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    text = done.stdout + HINT.sub("", done.stderr)
    return Told(len(command), len(text), text)


def is_right(question: Question, out: str) -> bool:
    return all(re.search(one if set(one) & set("|\\") else re.escape(one), out) for one in question.expected)


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="questions-"))
    root.mkdir(parents=True, exist_ok=True)
    asked = questions(root)
    cache = tempfile.mkdtemp(prefix="questions-cache-")
    env = os.environ | {"AI_AGENT": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_COLOR": "1",
                        "DSPREVIEW_DATABASE": f"{cache}/d.sqlite", "ASSETS_DIRECTORY": f"{cache}/assets"}  # fmt: skip
    known: dict[tuple[str, str], Told] = {}
    print(f"{'question':58} {'ours':>7} {'theirs':>7} {'ratio':>6}  right")
    totals, once, wrong = {"ours": 0.0, "theirs": 0.0}, {"ours": 0.0, "theirs": 0.0}, []
    over = 0
    for number, question in enumerate(asked, 1):
        tokens, right = {}, {}
        for side in ("ours", "theirs"):
            outs = []
            tokens[side] = 0.0
            for command in getattr(question, side):
                key = (side, command)
                if key not in known:
                    known[key] = run(command, root, env)
                    once[side] += known[key].tokens
                outs.append(known[key])
                tokens[side] += known[key].tokens
                over += side == "ours" and known[key].read / 4 > BUDGET
            totals[side] += tokens[side]
            right[side] = is_right(question, outs[-1].out)
            if not right[side]:
                wrong.append((number, side, question, outs[-1].out))
        ratio = tokens["ours"] / tokens["theirs"]
        print(
            f"{number:2} {question.dataset + ': ' + question.text:55.55} {tokens['ours']:7.0f} {tokens['theirs']:7.0f} {ratio:6.2f}  {'yes' if right['ours'] else 'NO'}/{'yes' if right['theirs'] else 'NO'}"
        )
    print(
        f"{'each question alone':58} {totals['ours']:7.0f} {totals['theirs']:7.0f} {totals['ours'] / totals['theirs']:6.2f}"
    )
    print(
        f"{'together, each command once':58} {once['ours']:7.0f} {once['theirs']:7.0f} {once['ours'] / once['theirs']:6.2f}"
    )
    print(f"answers of ours over 2,000 tokens: {over}")
    for number, side, question, out in wrong:
        print(f"\nWRONG {number} {side}: {question.text} expected {question.expected}\n{out[:1500]}")
    return 1 if wrong or over else 0


if __name__ == "__main__":
    sys.exit(main())
