"""Columns put side by side with ``np.c_``, or rows below rows with ``np.r_``: made function calls.

Both look into what they are given, where a handle has nothing to show; ``np.column_stack`` and
``np.concatenate`` give the same array and run at the parties.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit, Hole
from fedmigrate.plan import Site, SiteKind, Verdict
from fedmigrate.rules import Change, Example
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge

X, y = load_iris(return_X_y=True)
X = np.c_[np.ones(len(X)), X]
model = Ridge()
model.fit(np.r_[X, X], np.r_[y, y])
""",
        after="""\
import numpy as np
from fedruntime import FLModel, SecureAggregator, init
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

X, y = fed.load(load_iris, return_X_y=True)
X = np.column_stack((np.ones(len(X)), X))
model = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator)
model.fit(np.concatenate((X, X)), np.concatenate((y, y)))
""",
    ),
)

_FUNCTIONS = {"c_": "column_stack", "r_": "concatenate"}


def applies(site: Site) -> bool:
    return site.kind is SiteKind.STACK and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    for site in sites:
        expression = script.expression(site)
        assert isinstance(expression, ast.Subscript)
        assert isinstance(expression.value, ast.Attribute)
        library = script.source.span(expression.value.value)
        inner = script.source.span(expression.slice)
        function = _FUNCTIONS[expression.value.attr]
        several = isinstance(expression.slice, ast.Tuple)
        parts = Hole(Span(inner.start, inner.end))
        closing = "))" if several else ",))"
        yield Edit(site.span, (Hole(library), f".{function}((", parts, closing))
