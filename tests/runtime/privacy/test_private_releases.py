"""Under a privacy budget nothing leaves a party without noise: over all registered operations, and
over everything that a script does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from registered_operations import runtime_operations

import fedruntime
from fedruntime import operations
from fedruntime.aggregation.plain import PlainAggregator
from fedruntime.aggregation.secure import SecureAggregator
from fedruntime.cohort import Cohort
from fedruntime.data.private_counts import bin_counts, value_counts_of
from fedruntime.data.private_sums import bounded_moments, missing_counts
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import BudgetError
from fedruntime.federation import Federation
from fedruntime.messages import Noise, Ref, Release, Reply, Request
from fedruntime.metrics.private_errors import bounded_errors
from fedruntime.metrics.private_labels import private_pairs, right_predictions
from fedruntime.operations import Operation, OperationKind, party_op
from fedruntime.party import Party
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.guard import Guard
from fedruntime.settings import Settings

OWN = list(runtime_operations().values())
STATISTICS = [entry for entry in OWN if entry.kind is OperationKind.STATISTIC]
_NAMES = [entry.name for entry in STATISTICS]


# -- every registered operation -------------------------------------------------------------


@pytest.mark.parametrize("release", [Release.MASKED_SUM, Release.PLAIN_SUM, Release.CLEAR])
@pytest.mark.parametrize("entry", STATISTICS, ids=_NAMES)
def test_a_party_lets_nothing_out_without_noise(entry: Operation, release: Release) -> None:
    if entry.facts and release is Release.CLEAR:
        return
    party = Party("alice", budget=PrivacyBudget(3.0))
    party.put("rows", np.arange(6.0).reshape(3, 2))
    reply = party.handle(Request(entry.name, {}, release, session="s"))
    assert reply.error is not None
    # What may not leave in the clear at all is refused for that first.
    assert reply.error[0] in ("BudgetError", "ProtocolError")
    assert reply.arrays == {}
    assert reply.facts is None


@pytest.mark.parametrize("entry", STATISTICS, ids=_NAMES)
def test_noise_alone_does_not_open_an_operation(entry: Operation) -> None:
    """What has no sensitivity cannot be asked for with a noise that the asker has chosen."""
    if entry.sensitivity is not None:
        return
    party = Party("alice", budget=PrivacyBudget(3.0))
    reply = party.handle(
        Request(entry.name, {}, Release.PLAIN_SUM, session="s", noise=Noise(mu=1e-3))
    )
    assert reply.error is not None
    assert reply.arrays == {}


def test_facts_are_few() -> None:
    """What passes a budget in the clear: each is argued for in docs/privacy-budget.md."""
    assert {entry.name for entry in OWN if entry.facts} == {"estimator.describe", "load.describe"}
    assert all(entry.reveals for entry in OWN if entry.facts)


def test_a_party_keeps_an_account_of_its_own() -> None:
    party = Party("alice", budget=PrivacyBudget(1.0), guard=Guard(enforce=False))
    party.put("rows", np.array([1, 2, 3]))
    request = Request(
        "private.value_counts",
        {"rows": Ref("rows"), "values": [1, 2]},
        Release.PLAIN_SUM,
        noise=Noise(mu=0.2),
    )
    first, second = party.handle(request), party.handle(request)
    assert first.error is None
    assert second.error is not None
    assert second.error[0] == "BudgetError"


# -- sensitivities --------------------------------------------------------------------------

_LOW, _HIGH = np.array([-1.0, 0.0]), np.array([1.0, 10.0])
_WILD = np.array([[0.3, 5.0], [-99.0, 1e12], [np.nan, -np.inf], [1.0, 10.0], [-1.0, np.nan]])
_MOMENTS = {"columns": None, "low": _LOW, "high": _HIGH}
_ERRORS = {"low": _LOW, "high": _HIGH}
_WORDS = np.array(["a", "b", "c", "a", "other"], dtype=object)

CASES: list[tuple[Operation, dict[str, Any], dict[str, Any]]] = [
    (bounded_moments, {"rows": _WILD}, {**_MOMENTS, "squares": False}),
    (bounded_moments, {"rows": _WILD}, {**_MOMENTS, "squares": True}),
    (bounded_moments, {"rows": pd.DataFrame(_WILD)}, {**_MOMENTS, "squares": True}),
    (missing_counts, {"rows": _WILD}, {"columns": None, "width": 2}),
    (value_counts_of, {"rows": _WORDS}, {"values": ["a", "b"]}),
    (bin_counts, {"rows": _WILD[:, 0]}, {"edges": np.array([-1.0, 0.0, 0.5, 1.0])}),
    (right_predictions, {"y_true": _WORDS, "y_pred": _WORDS[::-1]}, {}),
    (private_pairs, {"y_true": _WORDS, "y_pred": _WORDS[::-1]}, {"labels": np.array(["a", "b"])}),
    *(
        (
            bounded_errors,
            {"y_true": _WILD, "y_pred": _WILD[::-1]},
            {**_ERRORS, "power": power, "spread": spread},
        )
        for power in (1, 2)
        for spread in (False, True)
    ),
]


def _without(rows: Any, number: int) -> Any:
    kept = np.delete(np.arange(len(rows)), number)
    return rows.iloc[kept] if hasattr(rows, "iloc") else rows[kept]


@pytest.mark.parametrize(
    ("operation", "rows", "public"),
    CASES,
    ids=[f"{n}-{case[0].name}" for n, case in enumerate(CASES)],
)
def test_one_row_moves_statistics_by_their_scale_at_most(
    operation: Operation, rows: Mapping[str, Any], public: Mapping[str, Any]
) -> None:
    assert operation.sensitivity is not None
    scale = operation.sensitivity(public)
    whole = operation(**rows, **public)
    for number in range(5):
        less = operation(**{name: _without(part, number) for name, part in rows.items()}, **public)
        moved = 0.0
        for name, value in whole.items():
            own = scale[name] if isinstance(scale, Mapping) else scale
            moved += float(np.sum(((np.asarray(value) - less[name]) / own) ** 2))
        assert moved <= 1.0 + 1e-9


def test_every_private_statistic_of_aggregates_and_metrics_is_among_them() -> None:
    """Those of private fits are held to theirs beside the fits."""
    tested = {case[0].name for case in CASES}
    sensitive = {entry.name for entry in STATISTICS if entry.sensitivity is not None}
    assert {name for name in sensitive if not name.startswith("private_fit.")} == tested


@pytest.mark.parametrize("deviation", np.linspace(-1.0, 1.0, 9))
def test_the_worst_value_uses_the_whole_scale_and_no_more(deviation: float) -> None:
    public = {"columns": None, "low": np.array([-1.0]), "high": np.array([1.0]), "squares": True}
    assert bounded_moments.sensitivity is not None
    scale: Any = bounded_moments.sensitivity(public)
    one = bounded_moments(rows=np.array([[deviation]]), **public)
    moved = float(sum((np.asarray(one[name]) / scale[name]).item() ** 2 for name in scale))
    assert moved <= 1.0 + 1e-12
    if abs(deviation) == 1.0:
        assert moved == pytest.approx(1.0)


def test_noise_sized_for_fewer_columns_is_refused() -> None:
    """A coordinator that names fewer bounds than there are columns would get too little noise."""
    party = Party("alice", budget=PrivacyBudget(3.0))
    party.put("rows", _WILD)
    for narrow in (_LOW[:1], _LOW[0]):
        public = {**_MOMENTS, "low": narrow, "high": narrow + 1.0, "squares": False}
        reply = party.handle(
            Request(
                "private.moments",
                {"rows": Ref("rows"), **public},
                Release.PLAIN_SUM,
                noise=Noise(mu=0.1),
            )
        )
        assert reply.error is not None
        assert reply.arrays == {}


# -- what a script does ---------------------------------------------------------------------


class _Recording(LocalEngine):
    """Keeps every message."""

    def __init__(self, parties: tuple[str, ...], budget: PrivacyBudget) -> None:
        super().__init__(parties, budget)
        self.seen: list[tuple[Request, Reply]] = []

    def call(self, requests: Mapping[str, Request], **options: Any) -> dict[str, Reply]:
        replies = super().call(requests, **options)
        self.seen += [(requests[party], reply) for party, reply in replies.items()]
        return replies


def _table(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "b", "y"])
    table["z"] = (table["a"] > 0).astype(int)
    return table


def test_a_whole_script_lets_out_nothing_but_noise_and_facts() -> None:
    budget = PrivacyBudget(8.0, parts=40, labels=(0, 1), bounds={"*": (-4.0, 4.0)}, tolerance=10.0)
    parties = ("alice", "bob", "carol")
    engine = _Recording(parties, budget)
    fed = Federation(Settings(parties=parties, budget=budget), engine=engine)
    table = _table()
    df = fed.load(lambda: table)
    df.mean(), df["a"].std(), df["z"].value_counts(), df.count()
    np.histogram(df["a"], bins=4, range=(-2, 2))
    fedruntime.metrics.accuracy_score(df["z"], df["z"])
    fedruntime.metrics.confusion_matrix(df["z"], df["z"])
    fedruntime.metrics.r2_score(df["y"], df["a"])
    refused = [
        df.max,
        df.median,
        df["a"].unique,
        df.corr,
        df.skew,
        df["a"].kurt,
        lambda: np.nanvar(df["a"].to_numpy(), axis=0),
        lambda: np.quantile(df["a"].to_numpy(), 0.5),
        df.describe,
        lambda: df[df["a"] > 0],
        lambda: df.groupby("z")["a"].mean(),
        lambda: fedruntime.metrics.roc_auc_score(df["z"], df["a"]),
        lambda: fedruntime.metrics.log_loss(df["z"], df["a"]),
        lambda: fedruntime.metrics.max_error(df["y"], df["a"]),
        lambda: fedruntime.model_selection.train_test_split(df, stratify=df["z"]),
    ]
    before = len(engine.seen)
    for statement in refused:
        with pytest.raises(BudgetError):
            statement()
    kept = [reply for request, reply in engine.seen[before:] if request.release is Release.KEEP]
    assert len(kept) == len(engine.seen) - before, "a refused statement has let something out"
    sums = 0
    for request, reply in engine.seen:
        entry = operations.operation(request.operation)
        if entry.kind is OperationKind.SESSION or entry.facts:
            continue
        if request.release is Release.KEEP:
            assert reply.arrays == {}
            continue
        assert request.noise is not None, request.operation
        assert entry.sensitivity is not None
        sums += 1
    assert sums == 3 * len(fed.budget.history)  # type: ignore[union-attr]


@pytest.mark.parametrize("aggregator", [SecureAggregator, PlainAggregator])
def test_a_vector_differs_from_the_statistic_that_it_is_of(aggregator: type[Any]) -> None:
    budget = PrivacyBudget(8.0)
    engine = _Recording(("alice", "bob"), budget)
    fed = Federation(Settings(parties=("alice", "bob"), budget=budget), engine=engine)
    rows = fed.load(lambda: np.zeros((50, 2)))
    cohort = Cohort(fed, aggregator(), {"rows": rows}, "test")
    public = {"columns": None, "low": np.array([-1.0, -1.0]), "high": np.ones(2), "squares": True}
    total = cohort.noisy_sum(bounded_moments, mu=0.3, **public)
    assert all(np.all(value != 0.0) for name, value in total.items() if name != "squares")
    if aggregator is PlainAggregator:  # here a party's own vector can be seen
        vectors = [r.arrays["vector"] for q, r in engine.seen if q.release is Release.PLAIN_SUM]
        assert len(vectors) == 2
        assert all(np.count_nonzero(vector) > len(vector) // 4 for vector in vectors)
        assert not np.array_equal(*vectors)
        sd = cohort.noise_sd(bounded_moments, mu=0.3, **public)["missing"]
        assert np.max(sd) == pytest.approx(np.sqrt(2) / 0.3 * np.sqrt(2))


# -- samples --------------------------------------------------------------------------------


@party_op("test.sampled_count", sensitivity=lambda public: 1.0)
def sampled_count(rows: Any, rate: float) -> Mapping[str, Any]:
    """How many rows are in a sample that the party draws."""
    return {"count": (np.random.default_rng(0).random(len(rows)) < rate).sum()}


def test_a_sample_is_charged_as_one_where_it_is_drawn() -> None:
    fed = Federation(Settings(parties=("alice", "bob"), budget=PrivacyBudget(3.0)))
    cohort = Cohort(fed, SecureAggregator(), {"rows": fed.load(lambda: np.zeros((9, 1)))}, "test")
    cohort.noisy_sum(sampled_count, mu=0.5, rate=0.1)
    assert fed.budget is not None
    (payment,) = fed.budget.history
    assert (payment.mu, payment.rate) == (0.5, 0.1)


@pytest.mark.parametrize("claimed", [0.01, 0.5])
def test_a_rate_that_an_operation_does_not_draw_with_is_refused(claimed: float) -> None:
    party = Party("alice", budget=PrivacyBudget(3.0), guard=Guard(enforce=False))
    party.put("rows", np.arange(9))
    for operation, more in (
        ("private.value_counts", {"values": [1, 2]}),
        ("test.sampled_count", {"rate": 0.1}),
    ):
        reply = party.handle(
            Request(
                operation,
                {"rows": Ref("rows"), **more},
                Release.PLAIN_SUM,
                noise=Noise(mu=0.5, rate=claimed),
            )
        )
        assert reply.error is not None
        assert "draws none of that rate" in reply.error[1]
        assert reply.arrays == {}
