#!/bin/sh
# datasets 5.2.0 with teich 0.3.6: of a session of Claude Code that was rewound, the turns that were taken back are rows of training data.
#
# Claude Code writes a tree: each line names its parent, and rewinding begins a new branch from an older line. The guess is that
# load_dataset gives the conversation as it went on, from the last line back to the first. It gives all lines in their order in the
# file instead: the question that was taken back, its answer, and behind them the one that replaced it, as if the model had seen both.
#
# Seen: six messages and three user messages, where the session has four and two.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'datasets==5.2.0' 'teich==0.3.6'
cat > "$folder/show.py" <<'PYTHON'
import json
import sys

import datasets

TURNS = [  # kind, own id, id of the parent, what is said
    ("user", "u1", None, "Draft a title."), ("assistant", "a2", "u1", "A study of birds."),
    ("user", "u3", "a2", "Add a subtitle."), ("assistant", "a4", "u3", "A study of birds: the north."),
    ("user", "u5", "a2", "Make it shorter."), ("assistant", "a6", "u5", "Birds."),
]
with open(f"{sys.argv[1]}/a.jsonl", "w") as file:
    for number, (kind, ident, parent, said) in enumerate(TURNS):
        message = {"role": kind, "content": said}
        if kind == "assistant":
            message = {"id": f"msg_{number}", "type": "message", "role": kind, "model": "claude-opus-4-5", "content": [{"type": "text", "text": said}]}
        line = {
            "parentUuid": parent, "isSidechain": False, "userType": "external", "cwd": "/home/user/project", "sessionId": "11111111-1111-4111-8111-111111111111",
            "version": "2.1.14", "type": kind, "message": message, "uuid": ident, "timestamp": f"2026-03-01T09:00:0{number}.000Z",
        }
        file.write(json.dumps(line) + "\n")
datasets.disable_progress_bars()
print("datasets", datasets.__version__)
(row,) = datasets.load_dataset("json", data_files=f"{sys.argv[1]}/a.jsonl", split="train", cache_dir=sys.argv[1])
for message in row["messages"]:
    print(f"{message['role']}: {message['content']}")
print("user messages:", row["num_user_messages"])
assert [message["content"] for message in row["messages"]] == [said for *_, said in TURNS]
assert row["num_user_messages"] == 3
PYTHON
HF_HUB_OFFLINE=1 HF_HOME="$folder/hf" "$folder/venv/bin/python" "$folder/show.py" "$folder"
