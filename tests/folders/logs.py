"""Recordings of robots, logs of evaluations and sessions of agents."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.folders.case import TRAIN, File, Healthy, Ill, Layout, Place, Row, Writer

CAMERA = "observation.images.front"
FRAMES: Place = ("frames", "train")
EPISODES: Place = ("episodes", "train")
LENGTHS = [4, 3, 5, 2]
TASKS = ["pick", "place", "push", "pull"]
INFO: dict[str, Any] = {
    "robot_type": "so100", "total_episodes": 4, "total_frames": 14, "total_tasks": 4, "chunks_size": 1_000, "fps": 10,
    "features": {
        CAMERA: {"dtype": "video", "shape": [48, 64, 3], "names": ["height", "width", "channels"]}, "action": {"dtype": "float32", "shape": [2]}, "timestamp": {"dtype": "float32", "shape": [1]},
        "frame_index": {"dtype": "int64", "shape": [1]}, "episode_index": {"dtype": "int64", "shape": [1]}, "index": {"dtype": "int64", "shape": [1]}, "task_index": {"dtype": "int64", "shape": [1]},
    },
}  # fmt: skip


def film(path: Path, number: int) -> None:
    """A file that begins as MPEG-4 does (ISO/IEC 14496-12, 4.3)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes([number]) * 40)


def frames(episode: int) -> pa.Table:
    """The frames of an episode."""
    length, first = LENGTHS[episode], sum(LENGTHS[:episode])
    columns: dict[str, Any] = {
        "action": pa.array([[n / 4, episode + 0.5] for n in range(length)], pa.list_(pa.float32(), 2)),
        "timestamp": pa.array([n / 8 for n in range(length)], pa.float32()), "frame_index": range(length), "episode_index": [episode] * length,
        "index": range(first, first + length), "task_index": [episode] * length,
    }  # fmt: skip
    return pa.table(columns)


def robot_2(folder: Path) -> None:
    """A file an episode; the last one was recorded later."""
    (folder / "meta").mkdir()
    (folder / "data/chunk-000").mkdir(parents=True)
    paths = {
        "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
        "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
    }
    for n, task in enumerate(TASKS):
        pq.write_table(frames(n), folder / f"data/chunk-000/episode_{n:06d}.parquet")
        film(folder / f"videos/chunk-000/{CAMERA}/episode_{n:06d}.mp4", n)
        for name, told in (
            ("episodes", {"episode_index": n, "tasks": [task], "length": LENGTHS[n]}),
            ("tasks", {"task_index": n, "task": task}),
        ):
            with (folder / f"meta/{name}.jsonl").open("a") as file:
                file.write(json.dumps(told) + "\n")
    info = INFO | paths | {"codebase_version": "v2.1", "total_chunks": 1, "total_videos": 4, "splits": {"train": "0:4"}}
    (folder / "meta/info.json").write_text(json.dumps(info, indent=4))


def own_robot_2(folder: Path) -> dict[Place, list[Row]]:
    """What pyarrow and Python's json read."""
    rows = [row for path in sorted(folder.glob("data/*/*.parquet")) for row in pq.ParquetFile(path).read().to_pylist()]
    told = [json.loads(line) for line in (folder / "meta/episodes.jsonl").read_text().splitlines()]
    films = [File((folder / f"videos/chunk-000/{CAMERA}/episode_{n:06d}.mp4").read_bytes()) for n in range(4)]
    return {FRAMES: rows, EPISODES: [one | {CAMERA: film} for one, film in zip(told, films, strict=True)]}


def robot_2_miscounted(folder: Path) -> None:
    """An episode was lost, and the description counts it."""
    robot_2(folder)
    (folder / "data/chunk-000/episode_000001.parquet").unlink()


def robot_3(folder: Path) -> None:
    """Several episodes a file, their videos too; splits are ranges of episodes."""
    for name in ("data", "meta/episodes"):
        (folder / name / "chunk-000").mkdir(parents=True)
    pq.write_table(pa.concat_tables([frames(0), frames(1)]), folder / "data/chunk-000/file-000.parquet")
    pq.write_table(pa.concat_tables([frames(2), frames(3)]), folder / "data/chunk-000/file-001.parquet")
    starts = [0, 4, 7, 12]
    episodes: dict[str, Any] = {
        "episode_index": range(4), "tasks": [[task] for task in TASKS], "length": LENGTHS, "dataset_from_index": starts, "dataset_to_index": [4, 7, 12, 14],
        "data/chunk_index": [0, 0, 0, 0], "data/file_index": [0, 0, 1, 1], f"videos/{CAMERA}/chunk_index": [0, 0, 0, 0], f"videos/{CAMERA}/file_index": [0, 0, 1, 1],
        f"videos/{CAMERA}/from_timestamp": [0.0, 0.4, 0.0, 0.5], f"videos/{CAMERA}/to_timestamp": [0.4, 0.7, 0.5, 0.7], "stats/action/min": [[0.0, 0.5]] * 4,
        "meta/episodes/chunk_index": [0, 0, 0, 0], "meta/episodes/file_index": [0, 0, 0, 0],
    }  # fmt: skip
    pq.write_table(pa.table(episodes), folder / "meta/episodes/chunk-000/file-000.parquet")
    pd.DataFrame({"task_index": range(4)}, index=pd.Index(TASKS, name="task")).to_parquet(folder / "meta/tasks.parquet")
    for n in range(2):
        film(folder / f"videos/{CAMERA}/chunk-000/file-{n:03d}.mp4", n)
    paths = {
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    }
    info = INFO | paths | {"codebase_version": "v3.0", "splits": {"train": "0:2", "test": "2:4"}}
    (folder / "meta/info.json").write_text(json.dumps(info, indent=4))


def own_robot_3(folder: Path) -> dict[Place, list[Row]]:
    """What pyarrow reads, but for what is said of frames and files elsewhere."""
    rows = [row for path in sorted(folder.glob("data/*/*.parquet")) for row in pq.ParquetFile(path).read().to_pylist()]
    found: dict[Place, list[Row]] = {}
    for split, episodes in (("train", range(2)), ("test", range(2, 4))):
        found["frames", split] = [row for row in rows if row["episode_index"] in episodes]
        found["episodes", split] = []
    for one in pq.read_table(folder / "meta/episodes/chunk-000/file-000.parquet").to_pylist():
        path = folder / f"videos/{CAMERA}/chunk-000/file-{one[f'videos/{CAMERA}/file_index']:03d}.mp4"
        kept = {name: one[name] for name in EPISODE_3 if name != CAMERA}
        found["episodes", "test" if one["episode_index"] >= 2 else "train"].append(
            kept | {CAMERA: File(path.read_bytes())}
        )
    return found


def robot_3_without_video(folder: Path) -> None:
    """A video that the description of an episode names is not there."""
    robot_3(folder)
    (folder / f"videos/{CAMERA}/chunk-000/file-001.mp4").unlink()


def evaluations(folder: Path) -> None:
    """Two logs of two epochs, with ids of numbers and of text; what a log has beside its samples."""
    for name, idents in (("one", [7, "geo/a"]), ("two", [2, 10, "x"])):
        with zipfile.ZipFile(folder / f"2026-01-02T03-04-05+00-00_{name}_x.eval", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": {"task": name}}))
            for epoch in (1, 2):
                for n, ident in enumerate(idents):
                    asked, said = f"What is {n} + {epoch} in {name}?", f"It is {n + epoch}."
                    messages = [
                        {"id": f"m{n}", "role": "user", "content": asked},
                        {"id": f"n{n}", "role": "assistant", "content": said},
                    ]
                    one = {
                        "id": ident,
                        "epoch": epoch,
                        "input": asked,
                        "target": f"{n + epoch}",
                        "messages": messages,
                        "scores": {"match": {"value": "CI"[n % 2], "answer": said}},
                        "total_time": n + 0.5,
                    }
                    archive.writestr(f"samples/{ident}_epoch_{epoch}.json", json.dumps(one))
            archive.writestr("summaries.json", json.dumps([{"id": one} for one in idents]))
            archive.writestr(
                "header.json", json.dumps({"version": 2, "status": "success", "eval": {"task": name, "model": "m/1"}})
            )


def own_evaluations(folder: Path) -> dict[Place, list[Row]]:
    """What Python's zipfile and json read, in the order in which the log was written."""
    found = []
    for path in sorted(folder.glob("*.eval")):
        with zipfile.ZipFile(path) as archive:
            found += [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("samples/")]
    return {("default", "logs"): found}


def evaluations_cut(folder: Path) -> None:
    """A log whose archive lost its end, where its members are listed."""
    evaluations(folder)
    path = sorted(folder.glob("*.eval"))[1]
    path.write_bytes(path.read_bytes()[:-200])


TOLD = [("Where is Graz?", "In Austria."), ("Count to three.", "One, two, three."), ("Is it late in Oslo?", "No.")]


def sessions(folder: Path) -> None:
    """Sessions in the Hub's own format, of two agents; one was continued, and called a tool."""
    for n, (asked, said) in enumerate(TOLD):
        head: Row = {
            "type": "session",
            "harness": f"agent-{n % 2}",
            "id": f"5555555{n}-5555-4555-8555-555555555555",
            "cwd": "/home/user/p",
        }
        turns: list[Row] = [
            {"role": "user", "content": asked, "timestamp": 1_772_798_400_000 + n * 1_000},
            {"role": "assistant", "content": said, "model": "m"},
        ]
        if n == 1:
            call = {"id": "t1", "function": {"name": "clock", "arguments": '{"place": "Graz"}'}}
            turns += [
                {"role": "user", "content": "And when is it?"},
                {"role": "assistant", "content": "I look.", "toolCalls": [call]},
            ]
            turns += [
                {"role": "tool", "toolCallId": "t1", "content": "15:00"},
                {"role": "assistant", "content": "At three."},
            ]
        lines = [head, *({"type": "message", "message": turn} for turn in turns)]
        (folder / f"{n}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def turn_of(message: Row) -> Row:
    """A message as models are given it: calls with their arguments, a result with the name of its tool, the only one here."""
    turn: Row = {"role": message["role"], "content": message["content"]}
    if "toolCalls" in message:
        calls = [(one["id"], one["function"]) for one in message["toolCalls"]]
        turn["tool_calls"] = [
            {"id": ident, "type": "function", "function": one | {"arguments": json.loads(one["arguments"])}} for ident, one in calls
        ]  # fmt: skip
    return turn | ({"tool_call_id": message["toolCallId"], "name": "clock"} if "toolCallId" in message else {})


def own_sessions(folder: Path) -> dict[Place, list[Row]]:
    """What Python's json reads of each file, in the columns that `datasets` has for sessions."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        head, *lines = map(json.loads, path.read_text().splitlines())
        turns = [line["message"] for line in lines]
        sent = f"{dt.datetime.fromtimestamp(turns[0]['timestamp'] / 1_000, dt.UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        typed = [turn["content"] for turn in turns if turn["role"] == "user"]
        calls = sum(len(turn.get("toolCalls", [])) for turn in turns)
        told = {
            "source_file": path.name,
            "session_id": head["id"],
            "trace_type": head["harness"],
            "model": "m",
            "cwd": head["cwd"],
            "turn_count": len(typed),
            "first_message_timestamp": sent,
        }
        found.append(
            {"harness": head["harness"], "session_id": head["id"], "prompt": typed[0], "messages": [turn_of(turn) for turn in turns], "tools": [{"type": "function", "function": {"name": "clock"}}] * calls,
             "metadata": told, "sent_at": sent, "num_user_messages": len(typed), "num_tool_calls": calls, "trace": path.read_text(), "file_path": path.name}
        )  # fmt: skip
    return {TRAIN: found}


def sessions_cut(folder: Path) -> None:
    """A last line that was being written."""
    sessions(folder)
    with (folder / "2.jsonl").open("a") as file:
        file.write('{"type":"message","message":{"role":"us')


FRAME = {
    "action": ["float32"],
    "timestamp": "float32",
    "frame_index": "int64",
    "episode_index": "int64",
    "index": "int64",
    "task_index": "int64",
}
EPISODE_2 = {"episode_index": "int64", "tasks": ["string"], "length": "int64", CAMERA: "Video"}
EPISODE_3 = {
    "episode_index": "int64", "tasks": ["string"], "length": "int64", "dataset_from_index": "int64", "dataset_to_index": "int64",
    f"videos/{CAMERA}/from_timestamp": "float64", f"videos/{CAMERA}/to_timestamp": "float64", CAMERA: "Video",
}  # fmt: skip
SAMPLE = {
    "id": "Json",
    "epoch": "int64",
    "input": "string",
    "target": "string",
    "messages": "Json",
    "scores": "Json",
    "total_time": "float64",
}
SESSION = {
    "harness": "string", "session_id": "string", "prompt": "string", "messages": ["Json"], "tools": ["Json"], "metadata": "Json", "sent_at": "string",
    "num_user_messages": "int64", "num_tool_calls": "int64", "trace": "Json", "file_path": "string",
}  # fmt: skip
PARTS = {("frames", "train"): 7, ("frames", "test"): 7, ("episodes", "train"): 2, ("episodes", "test"): 2}

LOGS = (
    Layout(
        "LeRobot dataset, version 2", Writer("pyarrow", "LeRobotDataset v2.1"),
        Healthy(robot_2, own_robot_2, {FRAMES: 14, EPISODES: 4}, {"frames": FRAME, "episodes": EPISODE_2}, "an episode recorded later"),
        Ill(robot_2_miscounted, "an episode that `meta/info.json` counts is missing", 0, ("info-rows",), FRAMES), differs=True,
    ),
    Layout(
        "LeRobot dataset, version 3", Writer("pyarrow", "LeRobotDataset v3.0"), Healthy(robot_3, own_robot_3, PARTS, {"frames": FRAME, "episodes": EPISODE_3}, "episodes share files, splits are ranges"),
        Ill(robot_3_without_video, "a video of two episodes is missing", 0, ("missing-media", "missing-media"), ("episodes", "test")), differs=True,
    ),
    Layout(
        "Inspect logs", Writer("Python", "inspect_ai.log 0.3"), Healthy(evaluations, own_evaluations, {("default", "logs"): 10}, {"default": SAMPLE}, "two logs, two epochs, ids of numbers and text"),
        Ill(evaluations_cut, "an archive is cut off", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "Agent sessions", Writer(after="the Hub's session-traces-format"), Healthy(sessions, own_sessions, {TRAIN: 3}, {"default": SESSION}, "two agents, one session continued, with a call"),
        Ill(sessions_cut, "the last line is cut off", 0, ("broken-line",)), differs=True,
    ),
)  # fmt: skip
"""These layouts."""
