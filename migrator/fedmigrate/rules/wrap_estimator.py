"""An estimator that is fitted on rows: wrapped once, in ``FLModel``, where it is constructed.

The estimator keeps its class and its parameters. Everything that was called on it is called on
the wrapped model, so the rest of the script stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit, Hole
from fedmigrate.layout import WIDTH
from fedmigrate.plan import Options, Site, SiteKind, Verdict
from fedmigrate.rules import Change, Example, Import
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
import pandas as pd
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
model = LogisticRegression(C=0.5)  # chosen by hand
model.fit(X, y)
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import LogisticRegression

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "patients.csv")
X = df.drop(columns=["outcome"])
y = df["outcome"]
model = FLModel(
    device_list=devices, model=LogisticRegression(C=0.5), aggregator=aggregator
)  # chosen by hand
model.fit(X, y)
""",
    ),
    Example(
        before="""\
import pandas as pd
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("patients.csv")
model = LogisticRegression().fit(df[["age", "dose"]], df["outcome"])
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, PrivacyBudget, SecureAggregator, init
from sklearn.linear_model import LogisticRegression

fed = init(
    parties=["alice", "bob"], budget=PrivacyBudget(epsilon=3.0, delta=1e-05, parts=10)
)
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "patients.csv")
model = FLModel(
    device_list=devices, model=LogisticRegression(), aggregator=aggregator
).fit(df[["age", "dose"]], df["outcome"])
""",
        options=Options(epsilon=3.0, delta=1e-5),
    ),
)

_INDENT = "    "


def applies(site: Site) -> bool:
    return site.kind is SiteKind.ESTIMATOR and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    for site in sites:
        yield _wrap(site.span, script)
    if sites:
        yield Import("fedruntime", "init", script.names.init)
        yield Import("fedruntime", "FLModel", script.names.FLModel)
        yield Import("fedruntime", "SecureAggregator", script.names.SecureAggregator)


def _wrap(span: Span, script: Script) -> Edit:
    names = script.names
    pieces = (
        f"{names.FLModel}(device_list={names.devices}, model=",
        Hole(span),
        f", aggregator={names.aggregator})",
    )
    if _fits_on_its_line(span, pieces, script) or _holds_multiline_string(span, script):
        return Edit(span, pieces)
    outer = script.indent(span.start)
    inner, end = outer + _INDENT, script.source.newline
    return Edit(
        span,
        pieces,
        block=(
            f"{names.FLModel}({end}{inner}device_list={names.devices},{end}{inner}model=",
            Hole(span, indent=_INDENT),
            f",{end}{inner}aggregator={names.aggregator},{end}{outer})",
        ),
    )


def _fits_on_its_line(span: Span, pieces: Sequence[str | Hole], script: Script) -> bool:
    """Whether the line that the span stands on alone holds what is added to it, too."""
    first, last = (script.source.position(offset)[0] for offset in (span.start, span.end))
    added = sum(len(piece) for piece in pieces if isinstance(piece, str))
    return first == last and len(script.source.line(first)) + added <= WIDTH


def _holds_multiline_string(span: Span, script: Script) -> bool:
    """Whether indenting the span's lines would change the text inside a string."""
    return any(
        token.is_multiline_string and token.span.start < span.end and token.span.end > span.start
        for token in script.lines.at(span.start).tokens
    )
