"""Private aggregates and metrics: as near to the pooled ones as the account says they are."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as pooled

from fedruntime import metrics
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import BudgetError
from fedruntime.federation import Federation
from fedruntime.messages import Reply, Request
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.settings import Settings

RUNS = 60


def _open(**options: Any) -> Federation:
    given: dict[str, Any] = {"parts": 4 * RUNS, "tolerance": 50.0, "bounds": {"*": (-4.0, 4.0)}}
    budget = PrivacyBudget(9.0, **{**given, **options})
    return Federation(Settings(parties=("alice", "bob", "carol"), budget=budget))


def _table(rows: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.uniform(-4, 4, size=(rows, 2)), columns=["a", "b"])
    table["y"] = rng.normal(size=rows).clip(-4, 4)
    table["p"] = (table["y"] + 0.5 * rng.normal(size=rows)).clip(-4, 4)
    table["t"] = rng.integers(0, 3, rows)
    table["u"] = np.where(rng.random(rows) < 0.8, table["t"], 0)
    return table


def _spread(fed: Federation, statistic: str) -> float:
    assert fed.budget is not None
    return float(fed.budget.history[-1].errors[statistic])


# -- the error is the one that is stated ----------------------------------------------------


def test_sums_are_off_by_the_stated_deviation() -> None:
    fed, table = _open(), _table()
    df = fed.load(lambda: table)
    errors = np.array([df["a"].sum() - table["a"].sum() for _ in range(3 * RUNS)])
    stated = _spread(fed, "sum")
    assert errors.std() == pytest.approx(stated, rel=0.2)
    assert abs(errors.mean()) < 4 * stated / math.sqrt(len(errors))


def test_counts_are_off_by_the_stated_deviation() -> None:
    fed, table = _open(values={"t": (0, 1, 2)}), _table()
    df = fed.load(lambda: table)
    exact = table["t"].value_counts()
    errors = np.array([df["t"].value_counts() - exact for _ in range(RUNS)])
    assert errors.std() == pytest.approx(_spread(fed, ""), rel=0.2)


def test_accuracy_is_off_by_the_stated_deviation() -> None:
    fed, table = _open(), _table()
    df = fed.load(lambda: table)
    exact = pooled.accuracy_score(table["t"], table["u"])
    errors = [metrics.accuracy_score(df["t"], df["u"]) - exact for _ in range(2 * RUNS)]
    assert np.std(errors) == pytest.approx(_spread(fed, "") / len(table), rel=0.25)


# -- and small where there are rows enough --------------------------------------------------


def test_means_and_spreads_are_near() -> None:
    fed, table = _open(parts=10), _table(20_000)
    df = fed.load(lambda: table[["a", "b"]])
    np.testing.assert_allclose(df.mean(), table[["a", "b"]].mean(), atol=0.05)
    np.testing.assert_allclose(df.std(), table[["a", "b"]].std(), atol=0.1)
    matrix = df.to_numpy()
    np.testing.assert_allclose(matrix.var(axis=0), table[["a", "b"]].var(ddof=0), atol=0.3)
    assert matrix.mean() == pytest.approx(table[["a", "b"]].to_numpy().mean(), abs=0.05)
    assert matrix.std() == pytest.approx(table[["a", "b"]].to_numpy().std(), abs=0.1)


def test_results_look_like_those_of_pandas() -> None:
    fed, table = _open(), _table()
    df = fed.load(lambda: table)
    for name in ("mean", "sum", "std", "var", "count"):
        ours, theirs = getattr(df, name)(), getattr(table, name)()
        assert list(ours.index) == list(theirs.index)
        assert ours.dtype == theirs.dtype
    assert df["t"].sum().dtype == table["t"].sum().dtype
    counts = df["a"].to_numpy().mean(axis=0)
    assert np.shape(counts) == ()


def test_missing_values_are_counted_privately() -> None:
    table = _table(20_000)
    table.loc[::4, "a"] = np.nan
    fed = _open(parts=10)
    df = fed.load(lambda: table)
    assert df["a"].count() == pytest.approx(15_000, abs=200)
    assert df["a"].mean() == pytest.approx(table["a"].mean(), abs=0.1)
    assert np.isnan(df["a"].to_numpy().mean())  # as numpy has it
    assert df["b"].to_numpy().mean() == pytest.approx(table["b"].mean(), abs=0.1)


def test_undeclared_bounds_are_estimated_and_paid() -> None:
    fed, table = _open(bounds={}, parts=8), _table(20_000)
    df = fed.load(lambda: 1000.0 + 7.0 * table[["y"]])
    assert df["y"].mean() == pytest.approx(1000.0 + 7.0 * table["y"].mean(), abs=3.0)
    assert fed.budget is not None
    *estimates, release = [payment.operation for payment in fed.budget.history]
    assert set(estimates) == {"private_fit.magnitudes"}
    assert release == "private.moments"
    assert fed.budget.spent == pytest.approx(fed.budget.total / 8)


def test_values_beyond_the_bounds_are_clipped() -> None:
    fed, table = _open(parts=10), _table(20_000)
    wild = table.assign(a=table["a"] * 1e9)
    df = fed.load(lambda: wild)
    assert df["a"].mean() == pytest.approx(wild["a"].clip(-4, 4).mean(), abs=0.1)


def test_histograms_are_near() -> None:
    fed, table = _open(parts=10), _table(20_000)
    values = fed.load(lambda: table["a"].to_numpy())
    counts, edges = np.histogram(values, bins=8, range=(-4, 4))
    exact, edges_there = np.histogram(table["a"], bins=8, range=(-4, 4))
    assert np.array_equal(edges, edges_there)
    assert counts.dtype == exact.dtype
    np.testing.assert_allclose(counts, exact, atol=80)
    without_range, _ = np.histogram(values, bins=8)  # the declared bounds
    np.testing.assert_allclose(without_range, exact, atol=80)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("accuracy_score", {}),
        ("zero_one_loss", {}),
        ("hamming_loss", {}),
        ("balanced_accuracy_score", {}),
        ("f1_score", {"average": "macro"}),
        ("precision_score", {"average": "weighted"}),
        ("recall_score", {"average": "micro"}),
        ("matthews_corrcoef", {}),
        ("cohen_kappa_score", {}),
    ],
)
def test_metrics_of_labels_are_near(name: str, options: dict[str, Any]) -> None:
    fed, table = _open(parts=10, labels=(0, 1, 2)), _table(20_000)
    df = fed.load(lambda: table)
    found = getattr(metrics, name)(df["t"], df["u"], **options)
    assert found == pytest.approx(
        getattr(pooled, name)(table["t"], table["u"], **options), abs=0.02
    )


@pytest.mark.parametrize("labels", [(0, 1, 2), ()], ids=["declared", "found by noisy counts"])
def test_confusion_matrix_is_near_and_whole(labels: tuple[int, ...]) -> None:
    fed, table = _open(parts=10, labels=labels), _table(20_000)
    df = fed.load(lambda: table)
    found = metrics.confusion_matrix(df["t"], df["u"])
    assert found.dtype.kind == "i"
    assert found.min() >= 0
    np.testing.assert_allclose(found, pooled.confusion_matrix(table["t"], table["u"]), atol=80)
    assert "precision" in metrics.classification_report(df["t"], df["u"])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("mean_squared_error", 0.15),
        ("mean_absolute_error", 0.05),
        ("root_mean_squared_error", 0.15),
        ("r2_score", 0.1),
    ],
)
def test_metrics_of_numbers_are_near(name: str, near: float) -> None:
    fed, table = _open(parts=4), _table(20_000)
    df = fed.load(lambda: table)
    found = getattr(metrics, name)(df["y"], df["p"])
    exact = pooled.mean_squared_error(table["y"], table["p"])
    expected = {
        "root_mean_squared_error": math.sqrt(exact),
        "mean_squared_error": exact,
    }.get(name) or getattr(pooled, name)(table["y"], table["p"])
    assert found == pytest.approx(expected, abs=near)


def test_several_outputs() -> None:
    fed, table = _open(parts=4), _table(20_000)
    df = fed.load(lambda: table)
    found = metrics.mean_absolute_error(df[["y", "a"]], df[["p", "b"]], multioutput="raw_values")
    exact = pooled.mean_absolute_error(
        table[["y", "a"]], table[["p", "b"]], multioutput="raw_values"
    )
    np.testing.assert_allclose(found, exact, atol=0.15)


# -- refusals come first --------------------------------------------------------------------


def _refused(fed: Federation, statement: Any, said: str) -> None:
    assert fed.budget is not None
    with pytest.raises(BudgetError, match=said):
        statement()
    assert fed.budget.history == ()


def test_a_mean_of_few_rows_is_refused_with_its_error() -> None:
    fed = _open(tolerance=0.1, parts=500)
    df = fed.load(lambda: _table(30))
    _refused(fed, df["a"].mean, r"the mean of column 0 is expected to be off by \d+.* and 0.8 is")
    _refused(fed, df["a"].std, "off by")
    _refused(fed, lambda: metrics.accuracy_score(df["t"], df["u"]), "a count among 30 rows")
    _refused(fed, lambda: metrics.r2_score(df["y"], df["p"]), "R2 is expected to be off by")


def test_values_that_are_not_declared_are_not_told() -> None:
    fed, table = _open(bounds={}), _table()
    df = fed.load(lambda: table)
    _refused(fed, df["t"].value_counts, r"PrivacyBudget\(values=\{'t': \[...\]\}\)")
    words = df["t"].map({0: "a", 1: "b", 2: "c"})
    _refused(fed, lambda: metrics.f1_score(words, words, average="macro"), "labels=")
    _refused(fed, lambda: np.histogram(df["a"].to_numpy(), bins=3), "give a range")


def test_weights_have_no_private_form() -> None:
    fed, table = _open(), _table()
    df = fed.load(lambda: table)
    for metric in (metrics.accuracy_score, metrics.f1_score):
        _refused(fed, lambda: metric(df["t"], df["u"], sample_weight=df["a"]), "sample_weight")  # noqa: B023
    _refused(
        fed, lambda: metrics.mean_squared_error(df["y"], df["p"], sample_weight=df["a"]), "weight"
    )


def test_a_delta_too_large_for_the_rows_is_refused() -> None:
    fed = _open(delta=1e-3)
    df = fed.load(lambda: _table(2000))
    _refused(fed, df["a"].mean, "not below 1/2000")


def test_rows_that_count_twice_are_refused_at_the_parties() -> None:
    from fedruntime import pandas as fedpandas
    from fedruntime.model_selection import train_test_split
    from fedruntime.utils import resample

    fed, table = _open(), _table()
    df = fed.load(lambda: table)
    train, test = train_test_split(df, random_state=0)
    twice = [
        fedpandas.concat([df, df])["a"],
        fedpandas.concat([train, df])["a"] * 2.0,
        resample(df, random_state=0)["a"],
        np.repeat(df["a"].to_numpy(), 2),
        fedpandas.concat([df, df])["a"].reset_index(drop=True) + 1.0,
    ]
    for rows in twice:
        with pytest.raises(BudgetError, match="may count more than once"):
            rows.mean()
    together = fedpandas.concat([train, test])["a"].mean()
    assert together == pytest.approx(table["a"].mean(), abs=2.0)


def test_shares_and_parts_reach_the_noise() -> None:
    fed, table = _open(parts=100, shares={"mean": 0.25}), _table()
    df = fed.load(lambda: table)
    df["a"].mean()
    assert fed.budget is not None
    assert fed.budget.spent == pytest.approx(0.25 * fed.budget.total)
    with fed.spending(parts=25):
        df["a"].sum()
    assert fed.budget.spent == pytest.approx(0.5 * fed.budget.total)


def test_without_a_budget_there_are_no_parts_to_take() -> None:
    fed = Federation(Settings())
    with pytest.raises(BudgetError, match="no privacy budget"):
        fed.spending(parts=2)


def test_values_that_a_loader_computed_do_not_leave() -> None:
    fed, table = _open(), _table()
    with pytest.raises(BudgetError, match=r"what the loader gave beside its rows \(entry 1\)"):
        fed.load(lambda: (table, float(table["a"].mean())))
    rows, nothing = Federation(Settings()).load(lambda: (table, 3.0))
    assert (len(rows), nothing) == (3000, 3.0)


def test_what_describes_a_table_may_leave() -> None:
    from sklearn.datasets import load_iris

    iris = _open().load(load_iris)
    assert list(iris.target_names) == ["setosa", "versicolor", "virginica"]


class _Vanishing(LocalEngine):
    """One party does not answer the first sum that it is asked for."""

    left = False

    def call(self, requests: Mapping[str, Request], **options: Any) -> dict[str, Reply]:
        replies = super().call(requests, **options)
        asked = next(iter(requests.values())).operation
        if asked == "private.moments" and not self.left:
            self.left = True
            replies.pop("carol", None)
        return replies

    def reachable(self, party: str) -> bool:
        return party != "carol"


def test_what_begins_again_without_a_party_is_paid_again() -> None:
    parties = ("alice", "bob", "carol", "dan", "eve")
    budget = PrivacyBudget(9.0, bounds={"*": (-4.0, 4.0)}, tolerance=50.0)
    settings = Settings(parties=parties, min_parties=3, budget=budget)
    fed = Federation(settings, engine=_Vanishing(parties, budget))
    table = _table(10_000)
    df = fed.load(lambda: table)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = df["a"].mean()
    assert fed.parties == ("alice", "bob", "dan", "eve")
    assert len(df) == 8_000
    assert found == pytest.approx(table["a"].mean(), abs=0.3)
    assert fed.budget is not None
    assert [payment.purpose for payment in fed.budget.history] == ["mean", "mean"]
