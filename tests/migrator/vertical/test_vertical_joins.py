"""Tables that a script loads one by one and joins: what becomes an alignment, and what is left."""

from __future__ import annotations

import pytest

from fedmigrate.convert import Conversion, convert
from fedmigrate.plan import Options, Plan, SiteKind, Verdict, Vertical
from fedmigrate.source import Source

PARTIES = ("shop", "bank", "land_registry")
HEAD = """\
import pandas as pd
from sklearn.linear_model import LinearRegression

bank = pd.read_csv("a.csv")
shop = pd.read_csv("b.csv")
"""
TAIL = 'LinearRegression().fit(df[["income", "visits"]], df["spent"])\n'
REGISTRY = 'lots = pd.read_csv("land-registry.csv")\n'

JOINED = {
    "by method": 'df = bank.merge(shop, on="id")\n',
    "by function": 'df = pd.merge(bank, shop, on="id")\n',
    "by several columns": 'df = bank.merge(shop, on=["id", "day"])\n',
    "as an inner join": 'df = bank.merge(shop, on="id", how="inner")\n',
    "three in a chain": f'{REGISTRY}df = bank.merge(shop, on="id").merge(lots, on="id")\n',
    "three in a function": f"{REGISTRY}"
    'df = pd.merge(pd.merge(bank, shop, on="id"), lots, on="id")\n',
    "columns of tables": "shop = shop.dropna()\n"
    'df = bank[["id", "income", "spent"]].merge(shop[["id", "visits"]], on="id")\n',
    "prepared tables": 'shop["visits"] = shop["visits"] / shop["days"]\n'
    'bank = bank.dropna()\ndf = bank.merge(shop, on="id")\n',
    "keys that are looked at": 'print(bank["id"].nunique())\ndf = bank.merge(shop, on="id")\n',
}
LEFT = {
    "left joins": ('df = bank.merge(shop, on="id", how="left")\n', "plain"),
    "other names of keys": ('df = bank.merge(shop, left_on="id", right_on="number")\n', "plain"),
    "keys that are computed": ('df = bank.merge(shop, on="i" + "d")\n', "plain"),
    "by index": ("df = bank.join(shop)\n", "plain"),
    "side by side": ("df = pd.concat([bank, shop], axis=1)\n", "plain"),
    "of one name": ('more = pd.read_csv("bank2.csv")\ndf = bank.merge(more, on="id")\n', "names"),
    "of two names": ('df = bank.merge(pd.read_csv("shop_bank.csv"), on="id")\n', "names"),
    "twice the same": ('df = bank.merge(pd.read_csv("bank.csv"), on="id")\n', "names"),
    "the label party last": ('df = shop.merge(bank, on="id")\n', "first"),
    "another order": (f'{REGISTRY}df = bank.merge(lots, on="id").merge(shop, on="id")\n', "first"),
}


def converted(body: str) -> Conversion:
    """The conversion of a script whose tables are joined by a body."""
    options = Options(parties=PARTIES, vertical=Vertical("bank"))
    return convert(Source("train.py", HEAD + body + TAIL), options)


@pytest.mark.parametrize("body", JOINED.values(), ids=JOINED)
def test_is_joined(body: str) -> None:
    conversion = converted(body)
    assert conversion.unresolved == ()
    joins = [site for site in conversion.plan.sites if site.kind is SiteKind.JOIN]
    assert [site.verdict for site in joins] == [Verdict.CONVERTED]
    assert conversion.text.count(".align([") == 1
    assert "merge" not in conversion.text
    assert 'bank = fed.load_at("bank", pd.read_csv, "a.csv")\n' in conversion.text
    assert Plan.from_json(conversion.plan.to_json()) == conversion.plan


@pytest.mark.parametrize("body", JOINED.values(), ids=JOINED)
def test_what_each_party_does_before_is_its_own(body: str) -> None:
    shares = {share.party: set(share.lines) for share in converted(body).plan.shares}
    assert 4 in shares["bank"] - shares["shop"]
    assert 5 in shares["shop"] - shares["bank"]


@pytest.mark.parametrize(("body", "reason"), LEFT.values(), ids=LEFT)
def test_is_left(body: str, reason: str) -> None:
    conversion = converted(body)
    found = [found for site in conversion.unresolved for found in site.diagnostics]
    assert "FM214" in {one.code for one in found}
    assert any(reason in one.facts.get("reason", "") for one in found)
    assert "align(" not in conversion.text
    assert "load_at(" not in conversion.text


def test_three_tables_are_joined_at_once() -> None:
    text = converted(JOINED["three in a chain"]).text
    assert 'df = fed.align([bank, shop, lots], on="id")\n' in text
    assert 'lots = fed.load_at("land_registry", pd.read_csv, "land-registry.csv")\n' in text


def test_joined_tables_do_not_keep_the_key() -> None:
    codes = {
        found.code
        for found in converted(
            'df = bank.merge(shop, on="id")\nprint(df["id"].nunique())\n'
        ).plan.diagnostics
    }
    assert "FM215" in codes


def test_a_joined_table_is_one_of_several_parties() -> None:
    body = 'df = bank.merge(shop, on="id")\ndf = df.dropna()\n'
    codes = {found.code for found in converted(body).plan.diagnostics}
    assert "FM213" in codes
