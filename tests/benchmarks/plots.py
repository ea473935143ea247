"""`python -m tests.benchmarks.plots FILE.svg < TIMES.json`: how long each of several took, a small plot for each piece of work.

Drawn by a process of its own: Linux counts the memory of whoever starts a process as that process's own peak.
"""

from __future__ import annotations

import json
import sys

import matplotlib as mpl
from matplotlib.figure import Figure

OWN, OTHER = "#2f6f4f", "#b9b9b9"


def draw(times: dict[str, dict[str, float]], path: str) -> None:
    """Write the picture.

    Args:
        times: seconds by piece of work and by who did it, ours first.

    """
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "dspreview", "font.size": 9})
    heights = [len(group) + 1.2 for group in times.values()]
    figure = Figure(figsize=(7.5, 0.26 * sum(heights) + 0.3), layout="constrained")
    for axes, (what, group) in zip(
        figure.subplots(len(times), 1, height_ratios=heights, squeeze=False).flat, times.items(), strict=True
    ):
        names = list(group)
        bars = axes.barh(names, group.values(), color=[OTHER if number else OWN for number in range(len(names))])
        axes.bar_label(bars, fmt=lambda seconds: f" {seconds:.2f} s")
        axes.set_title(what, loc="left", fontsize=9)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.15 * max(group.values()))
        axes.xaxis.set_visible(False)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    draw(json.load(sys.stdin), sys.argv[1])
