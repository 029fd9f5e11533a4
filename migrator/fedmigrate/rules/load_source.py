"""Where rows come from: the call is made by ``fed.load``, at the parties.

In simulation the loader runs once and its rows are split over the parties; in deployment each
party runs it on its own files. The loader and its arguments stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit, Hole
from fedmigrate.plan import Site, SiteKind, Verdict
from fedmigrate.render import quoted
from fedmigrate.rules import Change, Example, Import
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
import pandas as pd
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("patients.csv", sep=";")
means = StandardScaler().fit(df).mean_
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.preprocessing import StandardScaler

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "patients.csv", sep=";")
means = (
    FLModel(device_list=devices, model=StandardScaler(), aggregator=aggregator)
    .fit(df)
    .mean_
)
""",
    ),
    Example(
        before="""\
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge

iris = load_iris()
ridge = Ridge().fit(iris.data, iris.target)
""",
        after="""\
from fedruntime import FLModel, SecureAggregator, init
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

iris = fed.load(load_iris)
ridge = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator).fit(
    iris.data, iris.target
)
""",
    ),
)

# Between a callee and its first argument: closing parentheses around the callee, the opening one
# of the call, and whitespace, comments and continuations.
_COMMENT = re.compile(r"#[^\r\n]*")


def applies(site: Site) -> bool:
    return site.kind is SiteKind.SOURCE and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    for site in sites:
        call = script.expression(site)
        assert isinstance(call, ast.Call), f"the source at line {site.line} is not a call"
        yield _load(call, site, script)
    if sites:
        yield Import("fedruntime", "init", script.names.init)


def _load(call: ast.Call, site: Site, script: Script) -> Edit:
    text, source, span = script.source.text, script.source, site.span
    method = f"{script.names.fed}.load(" if site.party is None else f"{script.names.fed}.load_at("
    party = "" if site.party is None else f"{quoted(site.party)}, "
    loader = source.span(call.func)
    opening = _opening_parenthesis(text, loader.end)
    callee = Span(span.start, opening)
    nodes = [*call.args, *call.keywords]
    if not nodes:
        return Edit(span, (method, party, Hole(callee), Hole(Span(opening + 1, span.end))))
    if len(nodes) == 1 and isinstance(nodes[0], ast.GeneratorExp):
        # Beside another argument a generator needs parentheses of its own: those of the call.
        generator = Hole(Span(opening, span.end))
        return Edit(span, (method, party, Hole(callee), ", ", generator, ")"))
    first = _first_argument(text, opening + 1)
    between = Span(opening + 1, first)
    if "\n" in script.text(between) or "\r" in script.text(between):
        separator = f",{source.newline}{script.indent(first)}"
    else:
        separator = ", "
    return Edit(
        span,
        (
            method,
            Hole(between),
            party,
            Hole(callee),
            separator,
            Hole(Span(first, span.end)),
        ),
    )


def _opening_parenthesis(text: str, at: int) -> int:
    while text[at] != "(":
        comment = _COMMENT.match(text, at)
        at = comment.end() if comment else at + 1
    return at


def _first_argument(text: str, at: int) -> int:
    while text[at] in " \t\f\r\n\\#":
        comment = _COMMENT.match(text, at)
        at = comment.end() if comment else at + 1
    return at
