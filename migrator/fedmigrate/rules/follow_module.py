"""An import of a module of the same project that is converted, too: it names the conversion.

The name that the script uses stays, so nothing but the import changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit
from fedmigrate.generated import SUFFIX
from fedmigrate.plan import Site, SiteKind, Verdict
from fedmigrate.rules import Change, Example
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
import pandas as pd
from models import build

df = pd.read_csv("patients.csv")
model = build().fit(df.drop(columns=["outcome"]), df["outcome"])
""",
        after="""\
import pandas as pd
from models_fed import build
from fedruntime import init

fed = init(parties=["alice", "bob"])

df = fed.load(pd.read_csv, "patients.csv")
model = build().fit(df.drop(columns=["outcome"]), df["outcome"])
""",
        beside={
            "models.py": """\
from sklearn.linear_model import Ridge


def build():
    return Ridge(alpha=0.5)
"""
        },
    ),
)


def applies(site: Site) -> bool:
    return site.kind is SiteKind.MODULE and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    bare = {
        script.source.offset(alias.lineno, alias.col_offset)
        for statement in script.imports()
        for alias in statement.names
        if alias.asname is None
    }
    for site in sites:
        name = site.subject
        end = Span(site.span.start, site.span.start + len(name))
        alias = f" as {name}" if site.span.start in bare else ""
        yield Edit(end, (f"{name}{SUFFIX}{alias}",))
