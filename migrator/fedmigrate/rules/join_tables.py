"""Tables of several parties that a script joins by a key: ``fed.align`` joins them, and none is
shown to another party.

It becomes so where names tell whose each table is, and the label party's is the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit, Hole
from fedmigrate.joins import join_of
from fedmigrate.plan import Options, Site, SiteKind, Verdict, Vertical
from fedmigrate.rules import Change, Example
from fedmigrate.script import Script

EXAMPLES = (
    Example(
        before="""\
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("bank.csv").merge(pd.read_csv("shop.csv"), on="customer_id")
X = df.drop(columns=["customer_id", "spent"])
ridge = Ridge().fit(X, df["spent"])
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import Ridge

fed = init(parties=["bank", "shop"], partition="vertical", label_party="bank")
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.align(
    [
        fed.load_at("bank", pd.read_csv, "bank.csv"),
        fed.load_at("shop", pd.read_csv, "shop.csv"),
    ],
    on="customer_id",
)
X = df.drop(columns=["customer_id", "spent"])
ridge = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator).fit(
    X, df["spent"]
)
""",
        options=Options(parties=("bank", "shop"), vertical=Vertical("bank")),
    ),
    Example(
        before="""\
import pandas as pd
from sklearn.linear_model import Ridge

bank = pd.read_csv("2024/accounts.csv")
shop = pd.read_csv("2024/visits.csv")
shop["often"] = shop["visits"] > 3
df = pd.merge(bank, shop, on=["id", "day"])
ridge = Ridge().fit(df[["income", "often"]], df["spent"])
""",
        after="""\
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import Ridge

fed = init(parties=["shop", "bank"], partition="vertical", label_party="bank")
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

bank = fed.load_at("bank", pd.read_csv, "2024/accounts.csv")
shop = fed.load_at("shop", pd.read_csv, "2024/visits.csv")
shop["often"] = shop["visits"] > 3
df = fed.align([bank, shop], on=["id", "day"])
ridge = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator).fit(
    df[["income", "often"]], df["spent"]
)
""",
        options=Options(parties=("shop", "bank"), vertical=Vertical("bank")),
    ),
)


def applies(site: Site) -> bool:
    return site.kind is SiteKind.JOIN and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    for site in sites:
        join = join_of(script.expression(site))
        assert join is not None, f"line {site.line} holds no plain join"
        pieces: list[str | Hole] = [f"{script.names.fed}.align(["]
        for number, table in enumerate(join.tables):
            pieces += [", " if number else "", Hole(script.source.span(table))]
        pieces += ["], on=", Hole(script.source.span(join.key)), ")"]
        yield Edit(site.span, tuple(pieces))
