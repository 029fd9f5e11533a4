"""Start-up and conversion times of the command line, as ratios measured in one run.

    python benchmarks/cli_speed.py

Each ratio is the median wall time of a command over that of a plain import, both run in turn so
that other load on the machine falls on both. The bars are what the project promises.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
HEAD = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
"""
STUDY = """\

# Study {number}: is the result stable under another penalty?
model_{number} = make_pipeline(StandardScaler(), LogisticRegression(C={number}.5))
model_{number}.fit(X_train, y_train)
predicted_{number} = model_{number}.predict(X_test)
print("study {number}", accuracy_score(y_test, predicted_{number}))
settings_{number} = {{
    "penalty": {number}.5,
    "rows": len(X_train),
    "name": "study {number}",
}}


def describe_{number}(settings):
    lines = []
    for key, value in sorted(settings.items()):
        lines.append(f"{{key}}: {{value}}")
    return "; ".join(lines)


print(describe_{number}(settings_{number}))
"""


def script() -> str:
    """A script of 150 lines with seven fits, as data scientists write them."""
    text = HEAD + "".join(STUDY.format(number=number) for number in range(1, 7))
    lines = text.splitlines()
    padding = [f"note_{number} = {number}" for number in range(150 - len(lines))]
    return "\n".join([*lines, *padding]) + "\n"


def wall(command: list[str], folder: str) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def ratio(command: list[str], baseline: list[str], folder: str) -> tuple[float, float, float]:
    """Median times of both, interleaved, and their ratio."""
    times = [(wall(command, folder), wall(baseline, folder)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return ours, theirs, ours / theirs


def main() -> None:
    python = sys.executable
    tool = [python, "-m", "fedmigrate"]
    comparisons = [
        ("convert, 150 lines", [*tool, "convert", "train.py"], "libcst", 1.6),
        ("--help", [*tool, "--help"], "click", 2.0),
        (
            "convert --check, no training script",
            [*tool, "convert", "--check", "plain.py"],
            "click",
            None,
        ),
    ]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.py").write_text(script(), encoding="utf-8")
        Path(folder, "plain.py").write_text("print('no model here')\n", encoding="utf-8")
        for name, command, module, bar in comparisons:
            ours, theirs, found = ratio(command, [python, "-c", f"import {module}"], folder)
            promise = f" (bar {bar})" if bar is not None else ""
            print(
                f"{name}: {ours * 1000:.0f} ms, import {module}: {theirs * 1000:.0f} ms, "
                f"ratio {found:.2f}{promise}"
            )


if __name__ == "__main__":
    main()
