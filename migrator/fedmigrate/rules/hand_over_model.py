"""A fitted model that another library is given: it gets the plain scikit-learn estimator.

Tracking servers, exporters and explainers look for scikit-learn's own classes. The estimator
inside an ``FLModel`` is one of them, and is fitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit, Hole
from fedmigrate.plan import Site, SiteKind, Verdict
from fedmigrate.rules import Change, Example
from fedmigrate.script import Script

EXAMPLES = (
    Example(
        before="""\
import mlflow
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("patients.csv")
model = Ridge()
model.fit(df.drop(columns=["outcome"]), df["outcome"])
mlflow.sklearn.log_model(model, "model")
""",
        after="""\
import mlflow
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import Ridge

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "patients.csv")
model = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator)
model.fit(df.drop(columns=["outcome"]), df["outcome"])
mlflow.sklearn.log_model(model.to_sklearn(), "model")
""",
    ),
)


def applies(site: Site) -> bool:
    return site.kind is SiteKind.MODEL and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    for site in sites:
        yield Edit(site.span, (Hole(site.span), ".to_sklearn()"))
