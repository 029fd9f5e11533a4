"""How the tool's time grows with files and lines, as ratios measured in one run.

    pip install libcst
    python benchmarks/tool_speed.py [FOLDER]

FOLDER holds scripts as people write them; without one, the examples of the installed release of
scikit-learn are downloaded. Times are processor times; what is compared runs in turn, and the
fastest of several rounds counts, so that other load on the machine does not. The bars are what the
project promises.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import libcst
from real_scripts import CACHE, examples

from fedmigrate.analysis import analyse
from fedmigrate.errors import SourceError
from fedmigrate.gate import worth_parsing
from fedmigrate.source import decode

PROCESS_ROUNDS = 15
ROUNDS = 3
FILES = 1000
LINES = (1000, 10_000)
PLAIN = (
    """\
import json
import os
import sys
from collections import Counter
from pathlib import Path

"""
    + "print(Counter(Path(os.curdir, *sys.argv).parts))\n" * 100
)
TRAINS = """\
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("patients.csv")
Ridge().fit(df[["age"]], df["outcome"])
"""

HEAD = """\
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
"""
BODIES = {
    "straight code": """\
scaled_{n} = np.log1p(X_train.drop(columns=["age_{n}"]) / {n}.5)
model_{n} = LogisticRegression(C={n}.5)
model_{n}.fit(scaled_{n}, y_train)
predicted_{n} = model_{n}.predict(X_test)
print("study {n}", accuracy_score(y_test, predicted_{n}))
""",
    "one name, many models": """\
model = Ridge(alpha={n}.5)
model.fit(X_train, y_train)
scores = [score for score in [model.score(X_test, y_test)] if score > 0.{n}]
""",
    "one frame, many columns": """\
df["ratio_{n}"] = df["age"] / {n}.5
df["high_{n}"] = (df["ratio_{n}"] > 2).astype(int)
model = Ridge().fit(df[["ratio_{n}"]], df["high_{n}"])
""",
    "functions": """\
def study_{n}(X, y, penalty={n}.5):
    def build(alpha):
        return make_pipeline(StandardScaler(), Ridge(alpha=alpha))

    model = build(penalty)
    for column in ["age", "weight"]:
        if column in X.columns:
            model.fit(X[[column]], y)
        else:
            model.fit(X, y)
    return model


fitted_{n} = study_{n}(X_train, y_train)
""",
    "functions that call the one before": """\
def fitted_{n}(X, y, depth={n}):
    if depth:
        return fitted_{before}(X, y)
    return Ridge(alpha=depth).fit(X, y)


""",
    "classes": """\
class Trainer{n}:
    def __init__(self, penalty):
        self.model = LogisticRegression(C=penalty)
        self.name = "study {n}"

    def train(self, X, y):
        self.model.fit(X, y)
        return self

    def score(self, X, y):
        return accuracy_score(y, self.model.predict(X))


trainer_{n} = Trainer{n}({n}.5).train(X_train, y_train)
print(trainer_{n}.score(X_test, y_test))
""",
    "loops": """\
models_{n} = {{"ridge": Ridge(), "forest": RandomForestClassifier(n_estimators={n})}}
for name, model in models_{n}.items():
    for seed in range({n}):
        if seed % 2:
            model.set_params(random_state=seed)
        model.fit(X_train, y_train)
    while model is None:
        model = Ridge()
""",
}


def script(body: str, lines: int) -> str:
    """A script of at least so many lines: a body again and again, each time with other names."""
    repeats = (lines - HEAD.count("\n")) // body.count("\n") + 1
    first = (
        "def fitted_0(X, y):\n    return Ridge().fit(X, y)\n\n\n"
        if "fitted_{before}" in body
        else ""
    )
    return (
        HEAD
        + first
        + "".join(body.format(n=number, before=number - 1) for number in range(1, repeats + 1))
    )


def fastest(rounds: int, *steps: Callable[[], object]) -> list[float]:
    """Seconds of each step and of the processes it starts: the least of some rounds, in turn."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for step, column in zip(steps, times, strict=True):
            start = _processor_time()
            step()
            column.append(_processor_time() - start)
    return [min(column) for column in times]


def run(command: Sequence[str], folder: str) -> None:
    """Run a command of Python's in a folder."""
    subprocess.run([sys.executable, *command], cwd=folder, check=True, capture_output=True)


def _processor_time() -> float:
    used = (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def look(data: bytes) -> None:
    """Parse a script and find its sites, as a conversion does before it rewrites anything."""
    if worth_parsing(data):
        analyse(decode(data, "script.py"))


def measure_start() -> None:
    """A process that finds nothing to convert, against one that imports click."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plain.py").write_text(PLAIN, encoding="utf-8")
        check = ["-m", "fedmigrate", "convert", "--check", "plain.py"]
        steps = (partial(run, command, folder) for command in (check, ["-c", "import click"]))
        ours, theirs = fastest(PROCESS_ROUNDS, *steps)
    print(
        f"a file with nothing to convert: {ours * 1000:.0f} ms, import click: "
        f"{theirs * 1000:.0f} ms, ratio {ours / theirs:.2f} (bar 1.3)"
    )


def measure_folder() -> None:
    """What each further file of a folder costs that has nothing to convert."""
    for command in (["convert", "--diff"], ["report", "--jobs", "1"]):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
            for folder, files in ((one, 0), (many, FILES)):
                Path(folder, "train.py").write_text(TRAINS, encoding="utf-8")
                for number in range(files):
                    Path(folder, f"plain_{number}.py").write_text(PLAIN, encoding="utf-8")
            few, all_ = _costs(["-m", "fedmigrate", *command, "."], one, many)
        print(
            f"{FILES} more files with nothing to convert, {command[0]}: "
            f"{(all_ - few) * 1000 / FILES:.2f} ms a file (bar 1)"
        )


def _costs(command: Sequence[str], *folders: str) -> list[float]:
    return fastest(ROUNDS, *(partial(run, command, folder) for folder in folders))


def measure_examples(folder: Path) -> None:
    """Parsing and analysis of real scripts, against libcst's parser."""
    scripts = [path.read_bytes() for path in sorted(folder.rglob("*.py"))]
    ours, theirs = fastest(
        ROUNDS, partial(_each, look, scripts), partial(_each, libcst.parse_module, scripts)
    )
    print(
        f"{len(scripts)} scripts: {ours:.2f} s, libcst.parse_module: {theirs:.2f} s, "
        f"ratio {ours / theirs:.2f} (bar 3)"
    )


def _each(step: Callable[[bytes], object], scripts: Sequence[bytes]) -> None:
    for data in scripts:
        try:
            step(data)
        except (SourceError, libcst.ParserSyntaxError):
            continue


def measure_length() -> None:
    """How time grows with lines: ten times as many should take ten times as long."""
    for name, body in BODIES.items():
        short, long = (script(body, lines).encode() for lines in LINES)
        some, most = fastest(ROUNDS, partial(look, short), partial(look, long))
        print(
            f"{LINES[1]} lines of {name}: {most:.2f} s, {LINES[0]} lines: {some:.3f} s, "
            f"ratio {most / some:.1f} (linear: 10)"
        )


def main() -> None:
    measure_start()
    measure_folder()
    measure_examples(Path(sys.argv[1]) if sys.argv[1:] else examples(CACHE))
    measure_length()


if __name__ == "__main__":
    main()
