"""Policies of parties that load their own files: each enforces its own, from its environment."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.utils import Bunch

import fedruntime
from fedruntime import FLModel, SecureAggregator
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import PolicyError
from fedruntime.federation import Federation
from fedruntime.privacy.policy import Policies
from fedruntime.privacy.policy_file import own_policy
from fedruntime.settings import Settings

_AT = threading.local()
_RANDOM = np.random.default_rng(5)


def _table(rows: int) -> pd.DataFrame:
    columns = {name: _RANDOM.normal(size=rows) for name in ("age", "bmi")}
    return pd.DataFrame({"ssn": np.arange(rows), **columns, "ill": np.arange(rows) % 2})


FILES = {"alice": _table(80), "bob": _table(60)}


class _Apart(LocalEngine):
    """Parties that share nothing: each request knows at whose site it runs."""

    simulated = False

    def _deliver(self, party: str, request: Any) -> Any:
        _AT.party = party
        return super()._deliver(party, request)


def load_table(rows: int | None = None) -> pd.DataFrame:
    return FILES[_AT.party][:rows]


def load_bunch() -> Bunch:
    table = FILES[_AT.party]
    return Bunch(data=table[["age", "bmi"]], target=table["ill"], secret=table[["ssn"]])


def federation(tmp_path: Path, **texts: str) -> Federation:
    own = []
    for party in FILES:
        path = tmp_path / f"{party}.toml"
        path.write_text(texts.get(party, ""), encoding="utf-8")
        own.append((party, own_policy({"FEDMIGRATE_POLICY": str(path)})))
    engine = _Apart(tuple(FILES), policies=Policies("enforce", own=tuple(own)))
    opened = Federation(Settings(parties=tuple(FILES)), engine=engine)
    fedruntime.current.use(opened)
    return opened


def ridge(over: Federation) -> FLModel:
    aggregator = SecureAggregator(over.spu)
    return FLModel(device_list=over.devices, model=Ridge(), aggregator=aggregator)


def test_each_party_enforces_its_own_file(tmp_path: Path) -> None:
    fed = federation(tmp_path, bob="min_rows = 70")
    df = fed.load(load_table)
    with pytest.raises(PolicyError, match=r"party 'bob': rule 'min_rows' .* fewer than 70 rows"):
        ridge(fed).fit(df[["age", "bmi"]], df["ill"])


def test_denied_columns_may_be_loaded_and_dropped(tmp_path: Path) -> None:
    fed = federation(tmp_path, alice='denied_columns = ["ssn"]', bob='allowed_columns = ["[abi]*"]')
    df = fed.load(load_table)
    with pytest.raises(PolicyError, match=r"rule 'columns' .*'ssn'"):
        ridge(fed).fit(df.drop(columns="ill"), df["ill"])
    X = df.drop(columns=["ssn", "ill"])
    fitted = ridge(fed).fit(X, df["ill"])
    pooled = pd.concat(FILES.values())
    expected = Ridge().fit(pooled[["age", "bmi"]], pooled["ill"])
    np.testing.assert_allclose(fitted.coef_, expected.coef_, rtol=1e-9)


def test_parts_of_what_was_loaded_have_columns_of_their_own(tmp_path: Path) -> None:
    fed = federation(tmp_path, alice='denied_columns = ["ssn"]')
    loaded = fed.load(load_bunch)
    assert ridge(fed).fit(loaded.data, loaded.target).coef_.shape == (2,)
    with pytest.raises(PolicyError, match=r"rule 'columns' .*'ssn'"):
        loaded.secret.mean()


def test_a_file_that_is_loaded_again_is_the_same_table(tmp_path: Path) -> None:
    fed = federation(tmp_path, alice="max_rounds = 2")
    fed.load(load_table)["age"].mean()
    fed.load(load_table)["age"].mean()
    with pytest.raises(PolicyError, match=r"party 'alice': rule 'max_rounds'"):
        fed.load(load_table)["age"].mean()


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    fed = federation(tmp_path)
    df = fed.load(load_table)
    assert df["age"].mean() == pytest.approx(pd.concat(FILES.values())["age"].mean())
    with pytest.raises(PolicyError, match=r"rule 'needs_consent'"):
        df["age"].max()
    with pytest.raises(PolicyError, match=r"rule 'min_difference'"):
        df[["age", "bmi"]].iloc[1:].mean()
