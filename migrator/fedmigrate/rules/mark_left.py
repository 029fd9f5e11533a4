"""A place that a person has to look at: left as it was, under a comment with a diagnostic code.

The comment stands above the statement, one line for each finding. ``fedmigrate explain CODE``
says more about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedmigrate.diagnostics import MARKER, describe
from fedmigrate.plan import Site, Verdict
from fedmigrate.rules import Change, Comment, Example
from fedmigrate.script import Script

EXAMPLES = (
    Example(
        before="""\
import pandas as pd
from sklearn.neighbors import KNeighborsClassifier

df = pd.read_csv("patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
model = KNeighborsClassifier(n_neighbors=3)
model.fit(X, y)
""",
        after="""\
import pandas as pd
from fedruntime import init
from sklearn.neighbors import KNeighborsClassifier

fed = init(parties=["alice", "bob"])

df = fed.load(pd.read_csv, "patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
# fedmigrate: FM201 KNeighborsClassifier is left: its fitted model is the training rows themselves; use LogisticRegression
model = KNeighborsClassifier(n_neighbors=3)
model.fit(X, y)
""",  # noqa: E501
    ),
)


def applies(site: Site) -> bool:
    return site.verdict is Verdict.LEFT


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    for site in sites:
        for found in site.diagnostics:
            yield Comment(site.span.start, f"{MARKER} {found.code} {describe(found)}")
