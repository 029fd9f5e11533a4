"""Functions on the SPU: the values of numpy, and nothing else is told to anybody."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import fedruntime
from fedruntime import PYU, SPU, reveal
from fedruntime.errors import (
    BudgetError,
    DataError,
    FedError,
    ProtocolError,
    RevealError,
    SettingsError,
    UnsupportedError,
)
from fedruntime.operations import is_sealed
from fedruntime.shares.objects import SPUObject
from fedruntime.shares.party import begin, step_on

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = RNG.normal(size=60) * 3
AGE = RNG.uniform(20, 60, size=60)

# Elementwise: revealed as sums over rows with weights that are different for each row.
ELEMENTWISE: dict[str, tuple[Callable[..., Any], float]] = {
    "add": (lambda x, y: x + y - 1.5, 1e-6),
    "subtract from a constant": (lambda x, y: 2.5 - x - y, 1e-6),
    "multiply": (lambda x, y: x * y * 0.1, 1e-6),
    "divide": (lambda x, y: x / np.clip(y, 0.5, 8) / 4, 1e-5),
    "power": (lambda x, y: x**3 + np.square(y), 1e-5),
    "less": (lambda x, y: (x < y) * 1.0 + (x <= 0.5), 1e-6),
    "greater": (lambda x, y: (x > y) * 1.0 + np.greater_equal(0.25, y), 1e-6),
    "where": (lambda x, y: np.where(x < y, x, 2 * y), 1e-6),
    "maximum": (lambda x, y: np.maximum(x, y) + np.minimum(x, 0.5), 1e-6),
    "absolute": (lambda x, y: abs(x) + np.abs(y), 1e-6),
    "clip": (lambda x, y: np.clip(x, -0.5, 0.75) + y.clip(0, None), 1e-6),
    "exp": (lambda x, y: np.exp(np.clip(x + y, -12, 2)), 1e-5),
    "log": (lambda x, y: np.log(np.clip(y, 0.1, 10)) + x, 1e-5),
    "sqrt": (lambda x, y: np.sqrt(np.clip(y, 0.1, 10)) + x, 1e-5),
    "reciprocal": (lambda x, y: np.reciprocal(np.clip(y, -10, -0.2)) + x, 1e-5),
    "sigmoid": (lambda x, y: expit(x * y), 1e-5),
    "sigmoid far from zero": (lambda x, y: expit(100 * x), 1e-5),
}


@pytest.fixture
def parties() -> Any:
    return fedruntime.init(["alice", "bob", "carol"])


def at(name: str, values: Any) -> Any:
    return PYU(name)(np.array)(np.asarray(values).tolist())


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_functions_have_the_values_of_numpy(parties: Any, name: str) -> None:
    function, error = ELEMENTWISE[name]
    weights = np.random.default_rng(1).integers(-8, 9, (60, 20))

    def weighted(x: Any, y: Any) -> Any:
        return (function(x, y)[:, None] * weights).sum(axis=0)

    found = reveal(SPU()(weighted)(at("alice", X[:, 0]), at("bob", Y)))
    wanted = (function(X[:, 0], Y)[:, None] * weights).sum(axis=0)
    np.testing.assert_allclose(
        found, wanted, rtol=0, atol=error * np.abs(weights).sum(axis=0).max()
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x.T @ y / len(y),
        lambda x, y: np.dot(x[:, 1], y),
        lambda x, y: np.mean(x * y[:, None], axis=0),
        lambda x, y: x.T @ x,
        lambda x, y: np.sum(x.reshape(60, 3, 1), axis=None) + y.mean(),
        lambda x, y: (x @ np.array([0.5, 2.0, -1.0])).sum() - y[::2].sum(),
        lambda x, y: np.sum(x, axis=0, keepdims=True) * 2,
        lambda x, y: np.transpose(x).sum(axis=1),
        lambda x, y: (x < 0).sum(axis=0),
    ],
)
def test_sums_over_rows(parties: Any, function: Callable[..., Any]) -> None:
    found = reveal(SPU()(function)(at("alice", X), at("bob", Y)))
    wanted = function(X, Y)
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_results_stay_shared_and_are_used_again(parties: Any) -> None:
    spu = SPU(dealer="carol")
    scores, total = spu(lambda x, y: (x[:, 0] * y, (x * 1000).sum()))(at("alice", X), at("bob", Y))
    again = spu(lambda s, t, y: ((s - y) * t).mean() * 0.001)(scores, total, at("bob", Y))
    assert isinstance(scores, SPUObject)
    assert scores.shape == (60,)
    wanted = ((X[:, 0] * Y - Y) * (X * 1000).sum()).mean() * 0.001
    assert reveal(again) == pytest.approx(wanted, abs=1e-3)
    assert reveal([again, 3])[1] == 3
    assert reveal(again) == reveal(again)


def test_shares_that_nothing_refers_to_are_dropped(parties: Any) -> None:
    y = at("bob", Y)
    both = SPU()(lambda y: (y.sum(), y))(y)
    same = SPU()(lambda y: (y * 2,) * 2)(y)
    assert same[0] is same[1]
    held = parties.engine._parties["carol"]._sessions[same[0].session].held["spu"].shares
    assert sorted(held) == sorted([both[0].name, both[1].name, same[0].name])
    total = both[0]
    del both, same
    SPU()(lambda y: y.mean())(y)
    assert total.name in held
    assert len(held) == 2
    assert reveal(total) == pytest.approx(Y.sum(), abs=1e-5)


def test_who_earns_more() -> None:
    fedruntime.init(["alice", "bob"])
    richer = SPU()(lambda a, b: a > b)(PYU("alice")(int)("70000"), PYU("bob")(int)("65000"))
    assert reveal(richer) is np.True_
    assert reveal(SPU()(lambda a, b: a > b)(PYU("alice")(int)("6"), PYU("bob")(int)("6"))) == 0


def test_columns_of_a_vertical_table() -> None:
    table = pd.DataFrame({"age": AGE, "income": Y, "target": X[:, 0]})
    fed = fedruntime.init(
        ["bank", "shop"], partition="vertical", label_party="bank", columns={"shop": ["age"]}
    )
    df = fed.load(lambda: table)
    found = reveal(SPU()(lambda a, b: (a * b).mean())(df["age"], df["income"]))
    assert found == pytest.approx((AGE * Y).mean(), abs=1e-5)


# -- what is told ---------------------------------------------------------------------------


def recorded(federation: Any) -> list[tuple[str, Any, Any]]:
    messages: list[tuple[str, Any, Any]] = []
    call = federation.engine.call

    def listen(requests: Any, *args: Any, **options: Any) -> Any:
        replies = call(requests, *args, **options)
        messages.extend((party, requests[party], reply) for party, reply in replies.items())
        return replies

    federation.engine.call = listen
    return messages


@pytest.mark.parametrize("dealer", ["", "carol"])
def test_the_coordinator_sees_no_opening(parties: Any, dealer: str) -> None:
    x, y = at("alice", X), at("bob", Y)
    messages = recorded(parties)
    spu = SPU(dealer=dealer)
    shared = spu(lambda x, y: expit(x[:, 0] * y).sum() + (y < 0).sum())(x, y)
    sealed: dict[str, int] = {}
    for party, request, reply in messages:
        assert reply.error is None
        for name, values in reply.arrays.items():
            if request.operation in ("spu.begin", "spu.step") or is_sealed(name):
                assert is_sealed(name)
                assert name != f"sealed for {party}"
                counts = np.bincount(values, minlength=256)
                assert counts.max() < 3 * len(values) / 256 + 60
                sealed[request.operation] = sealed.get(request.operation, 0) + 1
            elif request.operation == "spu.magnitude":
                assert name in ("shape", "exponent")
            elif request.operation == "spu.deal":
                assert name in ("steps", "sizes")  # public facts of the program
            else:
                assert request.operation.startswith("secure.")
    holders = 2 if dealer else 3
    assert sealed["spu.begin"] == holders * (holders - 1)
    assert sealed["spu.step"] > 20
    assert sealed.get("spu.deal", 0) == (1 if dealer else 0)
    messages.clear()
    reveal(shared)
    told = [np.asarray(reply.arrays["words"]) for _, _, reply in messages]
    assert [request.operation for _, request, _ in messages] == ["spu.reveal"] * holders
    assert len({int(words.ravel()[0]) for words in told}) == holders


def test_shares_that_are_revealed_are_masked(parties: Any) -> None:
    """A share itself would tell the dealer, who knows all randomness, what was opened."""
    shared = SPU()(lambda x, y: (x[:, 0] * y).sum())(at("alice", X), at("bob", Y))
    messages = recorded(parties)
    reveal(shared)
    for party, _, reply in messages:
        sessions = parties.engine._parties[party]._sessions
        held = sessions[shared.session].held["spu"].shares[shared.name]
        assert (np.asarray(reply.arrays["words"]) != held).all()


def test_what_is_revealed_is_in_the_ledger(parties: Any) -> None:
    shared = SPU()(lambda x, y: (x[:, 0] * y).sum())(at("alice", X), at("bob", Y))
    before = len(parties.ledger)
    reveal(shared)
    entries = list(parties.ledger)[before:]
    assert {entry.party for entry in entries} == {"alice", "bob", "carol"}
    assert all("what a program on the SPU computed" in entry.what for entry in entries)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x,
        lambda x, y: x[0],
        lambda x, y: x[:1].sum(axis=0),
        lambda x, y: x.sum(axis=1),
        lambda x, y: x.T.sum(axis=0),
        lambda x, y: expit(x[:, 0] + y),
        lambda x, y: x[3, 1] * y[3],
        lambda x, y: x @ np.ones(3),
        lambda x, y: x.reshape(3, 60).sum(axis=0),
    ],
)
def test_rows_are_not_revealed(parties: Any, function: Callable[..., Any]) -> None:
    shared = SPU()(function)(at("alice", X), at("bob", Y))
    with pytest.raises(RevealError, match="made of one row"):
        reveal(shared)


# -- what is refused ------------------------------------------------------------------------

REFUSED: dict[str, tuple[Callable[..., Any], type[Exception], str]] = {
    "overflow": (
        lambda x, y: (x * 1e7).T @ (y * 1e7),
        DataError,
        r"x @ y may be as large as .* at least 12 are needed",
    ),
    "branch": (lambda x, y: x if x[0, 0] > 0 else y, RevealError, "use numpy.where"),
    "float": (lambda x, y: float(y[0]), RevealError, "y is shared"),
    "other ufunc": (lambda x, y: np.sin(y), UnsupportedError, "numpy.sin in this form"),
    "other function": (lambda x, y: np.sort(y), UnsupportedError, "numpy.sort in this form"),
    "array": (lambda x, y: np.asarray(y), RevealError, "y is shared"),
    "reduction of a ufunc": (lambda x, y: np.add.reduce(y), UnsupportedError, "numpy.add"),
    "mask": (lambda x, y: y[y > 0], UnsupportedError, "public integers and slices"),
    "log of what may be negative": (lambda x, y: np.log(y), DataError, "numpy.clip"),
    "sqrt of what may be zero": (lambda x, y: np.sqrt(y * y), DataError, "numpy.clip"),
    "division by what may be zero": (lambda x, y: 1 / y, DataError, "reciprocal of y"),
    "too wide an interval": (
        lambda x, y: np.log(np.clip(y, 1e-6, 8)),
        DataError,
        "no polynomial of degree 255",
    ),
    "public result": (lambda x, y: 3, DataError, "gives something public"),
    "NaN constant": (lambda x, y: y + np.nan, DataError, "NaN or infinity"),
    "huge constant": (lambda x, y: y * 1e30, DataError, "may be as large as"),
    "shapes": (lambda x, y: y @ x.T, ValueError, "have no product"),
    "where on no comparison": (lambda x, y: np.where(y, y, y), DataError, "takes a comparison"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_computed_is_refused_before_anything_runs(parties: Any, name: str) -> None:
    function, error, message = REFUSED[name]
    x, y = at("alice", X), at("bob", Y)
    SPU()(lambda y: y.sum())(y)  # keys are agreed
    messages = recorded(parties)
    with pytest.raises(error, match=message):
        SPU()(function)(x, y)
    assert {request.operation for _, request, _ in messages} == {"spu.magnitude"}


def test_who_deals_holds_no_data(parties: Any) -> None:
    with pytest.raises(DataError, match="y lies at 'carol', which deals"):
        SPU(dealer="carol")(lambda x, y: x @ y)(at("alice", X), at("carol", Y))
    with pytest.raises(SettingsError, match="is no party"):
        SPU(dealer="dave")(lambda y: y.sum())(at("bob", Y))


def test_one_party_alone_has_no_spu() -> None:
    fedruntime.init(["alice"])
    with pytest.raises(SettingsError, match="would know everything alone"):
        SPU()(lambda y: y.sum())(at("alice", Y))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0, np.inf], "NaN or infinity"),
        (["a", "b"], "and not numbers"),
        ([], "y at 'alice' is empty"),
    ],
)
def test_values_that_are_no_finite_numbers_are_refused(
    parties: Any, value: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        SPU()(lambda y: y.sum())(at("alice", value))


def test_a_program_runs_once_and_in_order(parties: Any) -> None:
    shared = SPU()(lambda y: y.sum())(at("bob", Y))
    session = parties.engine._parties["alice"]._sessions[shared.session]
    run = functools.partial(
        begin,
        session,
        parties=["alice", "bob"],
        steps=[],
        inputs=[],
        outputs=[],
        dealt={"key": np.zeros(32, np.uint8)},
        own={},
        forget=[],
    )
    with pytest.raises(ProtocolError, match="has been run"):
        run(run_name="p0")
    with pytest.raises(ProtocolError, match="no program 'p0' is under way"):
        step_on(session, "p0", {})


def test_rows_at_several_parties_are_refused() -> None:
    fed = fedruntime.init(["alice", "bob"])
    rows = fed.load(lambda: np.arange(10.0))
    with pytest.raises(FedError, match="do not lie at one party"):
        SPU()(lambda y: y.sum())(rows)


def test_there_is_no_spu_under_a_privacy_budget() -> None:
    fedruntime.init(["alice", "bob"], budget=fedruntime.PrivacyBudget(1.0))
    with pytest.raises(BudgetError):
        SPU()(lambda y: y.sum())(at("alice", Y))
