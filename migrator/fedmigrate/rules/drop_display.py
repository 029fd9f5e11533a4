"""A statement that only shows rows, taken out because the user asks for it.

It stays readable as a comment, under the code that says why.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from fedmigrate.diagnostics import MARKER, describe
from fedmigrate.plan import Options, Site, Verdict
from fedmigrate.rules import Change, Dropped, Example
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("patients.csv")
if len(df) > 3:
    plt.scatter(
        df["age"],
        df["outcome"],
    )
model = Ridge().fit(df[["age"]], df["outcome"])
""",
        after="""\
import matplotlib.pyplot as plt
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import Ridge

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "patients.csv")
if len(df) > 3:
    # fedmigrate: FM302 dropped, since matplotlib would plot rows
    # plt.scatter(
    #     df["age"],
    #     df["outcome"],
    # )
    pass
model = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator).fit(
    df[["age"]], df["outcome"]
)
""",
        options=Options(drop_displays=True),
    ),
)


def applies(site: Site) -> bool:
    return site.verdict is Verdict.DROPPED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    reasons: dict[Span, dict[str, None]] = {}
    for site in sites:
        said = reasons.setdefault(site.span, {})
        for found in site.diagnostics:
            if found.code.startswith("FM3"):
                why, _, _ = describe(found).partition(";")
                said[f"{MARKER} {found.code} dropped, since {why}"] = None
    needing_pass = set(_emptied(script, reasons))
    for span, said in reasons.items():
        indent = script.indent(span.start)
        lines = script.text(span).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        kept = [f"# {line.removeprefix(indent)}".rstrip() for line in lines]
        text = [*said, *kept, *(["pass"] if span in needing_pass else [])]
        yield Dropped(span, f"\n{indent}".join(text))


def _emptied(script: Script, dropped: Collection[Span]) -> Iterator[Span]:
    """The last statements of blocks of which nothing would be left."""
    for node in ast.walk(script.source.tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(node, ast.Module) or not isinstance(block, list) or not block:
                continue
            spans = [script.source.span(statement) for statement in block]
            if all(span in dropped for span in spans):
                yield spans[-1]
