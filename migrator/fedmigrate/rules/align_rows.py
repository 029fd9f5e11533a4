"""Where tables of several parties are loaded: their rows are matched by a key, with ``fed.align``.

Parties learn which of their rows all others have, too, and nothing of other rows. Rows come in the
order of the label party's table; the key is no column of the result.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit, Hole
from fedmigrate.plan import Options, Site, SiteKind, Verdict, Vertical
from fedmigrate.render import key_argument
from fedmigrate.rules import Below, Change, Example
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("customers.csv")
X = df.drop(columns=["customer_id", "spent"])
ridge = Ridge().fit(X, df["spent"])
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import Ridge

fed = init(parties=["bank", "shop"], partition="vertical", label_party="bank")
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "customers.csv")
df = fed.align(df, on="customer_id")
X = df.drop(columns=["customer_id", "spent"])
ridge = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator).fit(
    X, df["spent"]
)
""",
        options=Options(parties=("bank", "shop"), vertical=Vertical("bank", on=("customer_id",))),
    ),
    Example(
        before="""\
import pandas as pd
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("visits.csv").drop(columns=["id", "day"])
X = StandardScaler().fit_transform(df)
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.preprocessing import StandardScaler

fed = init(parties=["alice", "bob"], partition="vertical", label_party="bob")
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.align(fed.load(pd.read_csv, "visits.csv"), on=["id", "day"]).drop(
    columns=["id", "day"]
)
X = FLModel(
    device_list=devices, model=StandardScaler(), aggregator=aggregator
).fit_transform(df)
""",
        options=Options(vertical=Vertical("bob", on=("id", "day"))),
    ),
)


def applies(site: Site) -> bool:
    return site.kind is SiteKind.SOURCE and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    vertical = script.plan.options.vertical
    if vertical is None or not vertical.on:
        return
    key, fed = key_argument(vertical.on), script.names.fed
    # What was left at a loader is that it gives no key.
    without_key = {site.span for site in script.plan.sites if site.kind is SiteKind.OPERATION}
    assigned = dict(_assignments(script))
    for site in sites:
        if site.span in without_key or site.party is not None:
            continue
        name = assigned.get(site.span)
        if name is not None:
            yield Below(site.span, f"{name} = {fed}.align({name}, on={key})")
        else:
            yield Edit(site.span, (f"{fed}.align(", Hole(site.span), f", on={key})"))


def _assignments(script: Script) -> Iterator[tuple[Span, str]]:
    """What is assigned to one name each, by statements that have their lines to themselves."""
    for node in ast.walk(script.source.tree):
        if not isinstance(node, ast.Assign) or len(node.targets) > 1:
            continue
        span, target = script.source.span(node), node.targets[0]
        line = script.lines.at(span.start)
        alone = (line.code_start, line.code_end) == (span.start, span.end)
        if isinstance(target, ast.Name) and alone and not script.source.is_masked(line.span):
            yield script.source.span(node.value), target.id
