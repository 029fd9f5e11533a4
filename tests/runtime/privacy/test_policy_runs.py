"""Policies over whole scripts: enforced they stop a run, reported they change nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import fedruntime
from fedruntime import FLModel, PlainAggregator, SecureAggregator
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import PolicyError
from fedruntime.federation import Federation
from fedruntime.messages import Release, Reply, Request
from fedruntime.metrics import accuracy_score, confusion_matrix
from fedruntime.model_selection import KFold
from fedruntime.privacy.policy import Consent, Policies, Policy
from fedruntime.settings import Settings

ROWS = 60
_RANDOM = np.random.default_rng(3)
TABLE = pd.DataFrame(
    {
        "ssn": np.arange(ROWS),
        "age": _RANDOM.normal(40, 10, ROWS),
        "bmi": _RANDOM.normal(25, 3, ROWS),
        "ill": np.arange(ROWS) % 2,
    }
)


def federation(policy: Policies, parties: tuple[str, ...] = ("alice", "bob")) -> Federation:
    opened = Federation(Settings(parties=parties, policy=policy))
    fedruntime.current.use(opened)
    return opened


def enforced(**limits: Any) -> Policies:
    return Policies("enforce", Policy(**limits))


def model(estimator: Any, over: Federation, aggregator: Any = SecureAggregator) -> FLModel:
    return FLModel(device_list=over.devices, model=estimator, aggregator=aggregator(over.spu))


class Tap:
    """Everything that leaves the parties of a simulation."""

    def __init__(self, monkeypatch: Any) -> None:
        self.seen: list[tuple[Request, Reply]] = []
        call = LocalEngine.call

        def recording(engine: Any, requests: Any, **options: Any) -> Any:
            replies = call(engine, requests, **options)
            self.seen += [(requests[party], reply) for party, reply in replies.items()]
            return replies

        monkeypatch.setattr(LocalEngine, "call", recording)

    def refusals(self) -> list[Reply]:
        return [reply for _, reply in self.seen if reply.error is not None]


@pytest.fixture(name="tap")
def _tap(monkeypatch: Any) -> Tap:
    return Tap(monkeypatch)


# -- enforced -------------------------------------------------------------------------------


@pytest.mark.parametrize("aggregator", [SecureAggregator, PlainAggregator])
def test_a_fit_of_too_few_rows_names_party_rule_and_statistic(tap: Tap, aggregator: Any) -> None:
    policies = Policies(
        "enforce", Policy(min_parties=1), (("bob", Policy(min_rows=31, min_parties=1)),)
    )
    fed = federation(policies)
    df = fed.load(TABLE.copy)
    with pytest.raises(
        PolicyError,
        match=r"party 'bob': rule 'min_rows' of its policy refuses 'gram.\w+' for Ridge.fit: it is "
        r"made of fewer than 31 rows; nothing of it has left",
    ):
        model(Ridge(), fed, aggregator).fit(df[["age", "bmi"]], df["ill"])
    refused = tap.refusals()
    assert [reply.party for reply in refused] == ["bob"]
    assert all(not reply.arrays and reply.facts is None for reply in refused)


def test_a_refusal_holds_no_value(tap: Tap) -> None:
    fed = federation(enforced(max_ratio=0.01, min_rows=1))
    df = fed.load(TABLE.copy)
    with pytest.raises(PolicyError, match=r"rule 'max_ratio'"):
        df[["age", "bmi"]].cov()
    for reply in tap.refusals():
        assert reply == Reply(reply.party, error=reply.error)


def test_what_leaves_after_a_refusal_is_no_statistic(tap: Tap) -> None:
    fed = federation(enforced(min_rows=1000))
    df = fed.load(TABLE.copy)
    asks: list[Callable[[], Any]] = [
        lambda: df["age"].mean(), lambda: df.describe(), lambda: df["ill"].value_counts(),
        lambda: df["age"].median(), lambda: np.unique(df["ill"]), lambda: df.corr(),
        lambda: df[df["age"] > 40], lambda: df["age"].min(), lambda: df.groupby("ill").mean(),
        lambda: model(LinearRegression(), fed).fit(df[["age"]], df["bmi"]),
        lambda: model(LogisticRegression(), fed).fit(df[["age"]], df["ill"]),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(PolicyError, match=r"rule '(min_rows|needs_consent)'"):
            ask()
    for request, reply in tap.seen:
        if request.release in (Release.MASKED_SUM, Release.PLAIN_SUM):
            assert reply.error is not None, request.operation
        elif request.release is Release.CLEAR and reply.error is None:
            assert request.session, request.operation  # key agreement


def test_a_denied_column_is_of_no_use_until_it_is_dropped() -> None:
    fed = federation(enforced(denied_columns=("ssn",), max_ratio=10.0))
    df = fed.load(TABLE.copy)
    asks: list[Callable[[], Any]] = [
        lambda: df.assign(number=df["ssn"]).drop(columns="ssn").mean(),
        lambda: df.rename(columns={"ssn": "number"}).mean(),
        lambda: df["age"].where(df["ssn"] > 10, 0).mean(),
        lambda: df[df["ssn"] > 10],  # tells how many rows there are
    ]
    for ask in asks:
        with pytest.raises(PolicyError, match=r"rule 'columns' .* may not be used: 'ssn'"):
            ask()
    X, y = df.drop(columns=["ssn", "ill"]), df["ill"]
    fitted = model(LinearRegression(), fed).fit(X, y)
    pooled = LinearRegression().fit(TABLE[["age", "bmi"]], TABLE["ill"])
    np.testing.assert_allclose(fitted.coef_, pooled.coef_, rtol=1e-9)


def test_differencing_is_stopped_and_cross_validation_is_not() -> None:
    fed = federation(enforced(max_subsets=11, max_ratio=10.0, min_rows=1))
    df = fed.load(TABLE.copy)
    X, y = df[["age", "bmi"]], df["ill"]
    for _ in range(2):  # the same folds twice count once
        for train, test in KFold(5, shuffle=True, random_state=0).split(X):
            fitted = model(Ridge(), fed).fit(X.iloc[train], y.iloc[train])
            X.iloc[test].mean()
            assert fitted.coef_.shape == (2,)
    X.mean()
    with pytest.raises(PolicyError, match=r"rule 'max_subsets' .* more than 11 different choices"):
        X.iloc[5:].mean()
    with pytest.raises(PolicyError, match=r"rule 'min_difference' .* differ in fewer than 3 rows"):
        X.iloc[1:].mean()


def test_a_confusion_matrix_of_a_single_mistake_stays() -> None:
    fed = federation(enforced(max_ratio=10.0))
    df = fed.load(TABLE.copy)
    wrong = df["ill"].mask(df["ssn"] == 7, 0)
    with pytest.raises(
        PolicyError, match=r"party 'alice': rule 'min_cell' .*'metrics.label_pairs'"
    ):
        confusion_matrix(df["ill"], wrong)
    assert accuracy_score(df["ill"], df["ill"]) == 1.0


@pytest.mark.parametrize("figure", ["sum", "mean", "std", "size", "median", "count"])
def test_a_group_of_two_rows_stays(figure: str) -> None:
    def grouped(group: int) -> Any:
        table = TABLE.assign(group=[0] * group + [1] * (30 - group) + [2] * 30)
        fed = federation(enforced(max_ratio=10.0, needs_consent=()))
        return getattr(fed.load(table.copy).groupby("group")["age"], figure)()

    with pytest.raises(PolicyError, match=r"party 'alice': rule 'min_cell'"):
        grouped(2)
    if figure != "median":  # which counts values in ever smaller cells
        assert len(grouped(3)) == 3


def test_extremes_need_consent() -> None:
    fed = federation(enforced())
    df = fed.load(TABLE.copy)
    with pytest.raises(PolicyError, match=r"'columns.minima' for MinMaxScaler.fit: it tells the"):
        model(MinMaxScaler(), fed).fit(df[["age"]])
    agreed = tuple(
        Consent(operation=f"columns.{what}", by="Ann Lee", given=pd.Timestamp(2020, 1, 1).date())
        for what in ("minima", "maxima")
    )
    fed = federation(enforced(consent=agreed))
    scaler = model(MinMaxScaler(), fed).fit(fed.load(TABLE.copy)[["age"]])
    assert scaler.data_min_[0] == TABLE["age"].min()


def test_a_sum_over_too_few_parties_is_refused() -> None:
    for parties, policies in (
        (("alice",), enforced()),
        (("alice", "bob"), enforced(min_parties=3)),
    ):
        fed = federation(policies, parties)
        with pytest.raises(PolicyError, match=r"rule 'min_parties'"):
            fed.load(TABLE.copy)["age"].mean()
    fed = federation(enforced(min_parties=3), ("alice", "bob", "carol"))
    assert fed.load(TABLE.copy)["age"].mean() == pytest.approx(TABLE["age"].mean())


# -- reported -------------------------------------------------------------------------------


def _script(fed: Federation) -> list[Any]:
    df = fed.load(TABLE.copy)
    X, y = df[["age", "bmi"]], df["ill"]
    X = model(StandardScaler(), fed).fit_transform(X)
    fitted = model(LogisticRegression(), fed).fit(X[:50], y[:50])
    return [
        fitted.coef_, accuracy_score(y[50:], fitted.predict(X[50:])), df.describe().to_numpy(),
        df["age"].max(), np.unique(y), df[df["age"] > 50]["bmi"].mean(),
    ]  # fmt: skip


def test_a_reported_policy_changes_no_result() -> None:
    strict = Policy(
        min_rows=1000,
        min_parties=9,
        min_cell=99,
        min_difference=99,
        max_ratio=1e-6,
        max_rounds=1,
        max_subsets=1,
        allowed_columns=(),
        allowed_operations=(),
        needs_consent=("*",),
    )
    lenient = Policy(
        min_difference=1, min_rows=1, min_parties=1, min_cell=1, max_ratio=1e9, needs_consent=()
    )
    under_strict = federation(Policies("report", strict))
    found = _script(under_strict)
    under_lenient = federation(Policies("report", lenient))
    expected = _script(under_lenient)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(under_lenient.policy_report()) == 0
    assert str(under_lenient.policy_report()) == "The parties' policies have no objection."
    rules = {remark.rule for remark in under_strict.policy_report()}
    assert rules == {
        "columns", "max_ratio", "max_rounds", "max_subsets", "min_cell", "min_difference",
        "min_parties", "min_rows", "needs_consent", "operations",
    }  # fmt: skip


def test_a_report_names_party_rule_statistic_and_how_often() -> None:
    fed = federation(Policies("report", Policy(), (("bob", Policy(min_rows=31)),)))
    df = fed.load(TABLE.copy)
    df["age"].mean()
    df["bmi"].mean()
    (remark,) = fed.policy_report()
    assert (remark.party, remark.rule, remark.operation) == ("bob", "min_rows", "rows.totals")
    assert remark.times == 2
    assert str(fed.policy_report()) == (
        "With their policies enforced, parties would have refused:\n"
        "bob: min_rows: rows.totals for mean is made of fewer than 31 rows (2 times)"
    )


def test_remarks_are_in_the_ledger() -> None:
    fed = federation(Policies("report", Policy(min_rows=31)))
    fed.load(TABLE.copy)["age"].mean()
    remarked = [entry for entry in fed.ledger if entry.remarks]
    assert {entry.party for entry in remarked} == {"alice", "bob"}
    assert all(
        tuple(map(tuple, entry.remarks)) == (("min_rows", "is made of fewer than 31 rows"),)
        for entry in remarked
    )


def test_init_enforces_if_asked(tmp_path: Path) -> None:
    fed = fedruntime.init(["alice", "bob"], policy="enforce")
    with pytest.raises(PolicyError, match=r"rule 'min_rows'"):
        fed.load(TABLE.head(12).copy)["age"].mean()
    fed = fedruntime.init(["alice", "bob"])
    assert fed.load(TABLE.head(12).copy)["age"].mean() == pytest.approx(TABLE["age"][:12].mean())
    assert "min_rows" in {remark.rule for remark in fed.policy_report()}


def test_a_report_prints_nothing(capfd: Any) -> None:
    fed = federation(Policies("report", Policy(min_rows=1000)))
    fed.load(TABLE.copy)["age"].mean()
    fed.stop()
    assert capfd.readouterr() == ("", "")
