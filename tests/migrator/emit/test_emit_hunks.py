"""A conversion differs from its script only in lines that a site accounts for.

Nothing of the tool is asked what it changed: the two texts are compared line by line.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmigrate.convert import Conversion, convert
from fedmigrate.plan import Options, Verdict
from fedmigrate.source import Source, decode

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(
    [*ROOT.glob("fixtures/*/train.py"), *ROOT.glob("tests/migrator/analysis/shapes/*.py")]
)
IMPORT_OF_THE_RUNTIME = re.compile(r"(?:from fedruntime[\w.]* import |import fedruntime)")
SETUP = re.compile(r"\w+ = init\(|\w+, \w+ = \w+\.devices, SecureAggregator\(\w+\.spu\)")
COMMENT = re.compile(r"\s*# fedmigrate: FM\d{3} ")

STUDIES = st.sampled_from(
    [
        "model_{n} = LogisticRegression(C={n}.5)\nmodel_{n}.fit(X, y)",
        "model_{n} = Ridge(\n    alpha={n}.5,  # why\n)\nmodel_{n}.fit( X,y )",
        "for alpha in [{n}, 2]:\n    Ridge(alpha=alpha).fit(X, y)\n    print(alpha)",
        """\
def study_{n}(X, y):
    '''Study {n}.'''
    return make_pipeline(StandardScaler(), Ridge()).fit(X, y)

study_{n}(X, y)""",
        """\
class Study{n}:
    def __init__(self):
        self.model = Ridge(alpha={n})

    def run(self):
        return self.model.fit(X, y)

Study{n}().run()""",
        "knn_{n} = KNeighborsClassifier(n_neighbors={n})\nknn_{n}.fit(X, y)",
        "print(X.head({n}))",
        "if {n}: Ridge().fit(X, y); print('{n}')",
        "print(f'study {n}:', accuracy_score(y, LogisticRegression().fit(X, y).predict(X)))",
        "other_{n} = torch_{n}.Linear({n}).fit(X, y)",
        "noted_{n} = '''\nmodel = Ridge()  {n}\n'''",
        "# study {n}\n\n\nunused_{n} = [ {n},\n  2 ]",
    ]
)  # fmt: skip
HEAD = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("patients.csv")
X, y = df.drop(columns=["outcome"]), df["outcome"]
"""


def lines_of(source: Source) -> list[tuple[int, str]]:
    """Lines that hold something, as Python counts them from 0, without their ends."""
    lines = re.split(r"\r\n|\r|\n", source.text)
    return [(number, line) for number, line in enumerate(lines) if line.strip()]


def accounted_for(conversion: Conversion) -> set[int]:
    """The lines, from 0, of statements that hold a site, and of imports of what is converted."""
    sites = [
        conversion.source.position(site.span.start)[0]
        for site in conversion.plan.sites
        if site.verdict is not Verdict.FOREIGN
    ]
    libraries = {site.subject.split(".")[0] for site in conversion.plan.sites} | {"sklearn"}
    found: set[int] = set()
    for node in ast.walk(conversion.source.tree):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
        lines = range(min(_starts(node)), max(last, node.lineno) + 1)
        if any(line in lines for line in sites) or _imported(node) & libraries:
            found.update(line - 1 for line in lines)
    return found


def _starts(node: ast.stmt) -> Iterator[int]:
    yield node.lineno
    yield from (decorator.lineno for decorator in getattr(node, "decorator_list", ()))


def _imported(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return set()


def unaccounted(conversion: Conversion) -> list[str]:
    """Lines that went, came or changed for no reason."""
    before, after = lines_of(conversion.source), lines_of(decode(conversion.data, "after.py"))
    accounted = accounted_for(conversion)
    wrong: list[str] = []
    texts = [line for _, line in before], [line for _, line in after]
    matcher = difflib.SequenceMatcher(None, *texts, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        wrong += [f"- {line}" for number, line in before[start:end] if number not in accounted]
        around = {number for number, _ in before[max(start - 1, 0) : end + 1]}
        if not around & accounted:
            wrong += [f"+ {line}" for line in unexplained(after[new_start:new_end])]
    return wrong


def unexplained(lines: list[tuple[int, str]]) -> Iterator[str]:
    """Lines between statements that stay which the tool has no reason to add."""
    is_open = False
    for number, line in lines:
        starts = SETUP.match(line) or IMPORT_OF_THE_RUNTIME.match(line)
        is_header = line.startswith("# Converted from ") and number < 3
        if not (starts or is_open or is_header or COMMENT.match(line)):
            yield line
        if starts:
            is_open = line.rstrip().endswith("(")
        elif is_open:
            is_open = line.rstrip() != ")"


def check(data: bytes) -> None:
    conversion = convert(decode(data, "train.py"), Options())
    again = convert(decode(conversion.data, "train_fed.py"), Options())
    assert unaccounted(conversion) == []
    assert ast.parse(conversion.data)
    assert again.data == conversion.data


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_scripts_change_where_a_site_is_and_nowhere_else(path: Path) -> None:
    check(path.read_bytes())


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(STUDIES, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_generated_scripts_change_where_a_site_is_and_nowhere_else(
    studies: list[str], newline: str
) -> None:
    numbered = (study.replace("{n}", str(number)) for number, study in enumerate(studies, 1))
    text = "\n".join([HEAD, *numbered, ""])
    check(text.replace("\n", newline).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("unused = 1", "unused = 2"),
        ("unused = 1\n", ""),
        ("unused = 1\n", "unused = 1\nadded = 3\n"),
        ("unused = 1\n", "unused = 1\n# an odd remark\n"),
    ],
    ids=["changed", "gone", "added", "remark"],
)
def test_a_change_without_a_site_is_noticed(old: str, new: str) -> None:
    text = HEAD + "\nprint('between')\nunused = 1\nprint('between')\n\nRidge().fit(X, y)\n"
    conversion = convert(Source("train.py", text), Options())
    assert unaccounted(conversion) == []
    changed = Conversion(conversion.source, conversion.plan, conversion.text.replace(old, new, 1))
    assert unaccounted(changed)
