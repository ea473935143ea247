"""Files of statistics packages: Stata and SPSS."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from tests.folders.case import TEST, TRAIN, Healthy, Ill, Layout, Place, Row, Writer

SURVEY = pd.DataFrame(
    {
        "id": pd.array(range(1, 13), "int32"), "weight": [60 + n / 8 if n % 5 else None for n in range(12)], "city": [f"Stadt {n} ö" if n % 4 else "" for n in range(12)],
        "answer": [float(n % 3) for n in range(12)], "day": [dt.date(1958, 1, 1) + dt.timedelta(days=900 * n) for n in range(12)],
    }
)  # fmt: skip
ANSWERS = {0.0: "no", 1.0: "yes", 2.0: "don't know"}


def records(frame: Any) -> list[Row]:
    """The rows of a frame; what is missing is null."""
    return [{key: None if pd.isna(value) else value for key, value in row.items()} for row in frame.to_dict("records")]


def stata(folder: Path) -> None:
    """Two versions of the format, with labels, a label of the file and long texts."""
    frame = SURVEY.assign(
        answer=pd.Categorical.from_codes([n % 3 for n in range(12)], list(ANSWERS.values())),
        day=pd.to_datetime(SURVEY["day"]),
    )
    frame["essay"] = [f"{n} " * (1_000 if n == 3 else 1) for n in range(12)]
    frame.iloc[:9].to_stata(
        folder / "train.dta",
        write_index=False,
        version=118,
        convert_dates={"day": "td"},
        convert_strl=["essay"],
        data_label="A survey",
    )
    frame.iloc[9:].to_stata(
        folder / "test.dta", write_index=False, version=119, convert_dates={"day": "td"}, convert_strl=["essay"]
    )


def own_stata(folder: Path) -> dict[Place, list[Row]]:
    """What pyreadstat reads, which pandas has no part in; a day is a moment to pandas."""
    found: dict[Place, list[Row]] = {}
    for name in ("train", "test"):
        frame, _ = pyreadstat.read_dta(folder / f"{name}.dta", apply_value_formats=True)
        found["default", name] = records(frame.assign(day=pd.to_datetime(frame["day"])))
    return found


def stata_cut(folder: Path) -> None:
    """A file that ends within its rows."""
    stata(folder)
    path = folder / "train.dta"
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"<data>") + 100])


def spss(folder: Path) -> None:
    """Files of both kinds, with labels of values and of columns."""
    told: dict[str, Any] = {
        "column_labels": {"city": "Wo?"},
        "variable_value_labels": {"answer": ANSWERS},
        "variable_measure": {"answer": "nominal"},
    }
    pyreadstat.write_sav(SURVEY.iloc[:9], folder / "train.sav", **told, row_compress=True)
    pyreadstat.write_sav(SURVEY.iloc[9:], folder / "test.zsav", **told, compress=True)


def own_spss(folder: Path) -> dict[Place, list[Row]]:
    """What pyreadstat reads."""
    read = {TRAIN: "train.sav", TEST: "test.zsav"}
    return {
        place: records(pyreadstat.read_sav(folder / name, apply_value_formats=True)[0]) for place, name in read.items()
    }


def spss_cut(folder: Path) -> None:
    """A file that ends within its rows."""
    spss(folder)
    path = folder / "train.sav"
    path.write_bytes(path.read_bytes()[:-100])


STATA = {
    "id": "int32",
    "weight": "float64",
    "city": "string",
    "answer": "string",
    "day": "timestamp[s]",
    "essay": "string",
}
SPSS = {"id": "float64", "weight": "float64", "city": "string", "answer": "string", "day": "date32"}

STATISTICS = (
    Layout(
        "Stata", Writer("pandas"), Healthy(stata, own_stata, {TRAIN: 9, TEST: 3}, {"default": STATA}, "two versions, labels, long texts"),
        Ill(stata_cut, "its rows are cut off", 6, ("load-failed",), TRAIN), differs=True,
    ),
    Layout(
        "SPSS", Writer("pyreadstat"), Healthy(spss, own_spss, {TRAIN: 9, TEST: 3}, {"default": SPSS}, "both kinds of packing, labels"),
        Ill(spss_cut, "its rows are cut off", 6, ("load-failed",), TRAIN), differs=True,
    ),
)  # fmt: skip
"""These layouts."""
