"""Other draws and other orders of rows: what runs under them see, and what they leave alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedmigrate.source import Source
from fedmigrate.verify import judge as module
from fedmigrate.verify.closer import go_closer
from fedmigrate.verify.compare import compare_runs
from fedmigrate.verify.draws import Draws
from fedmigrate.verify.instrument import instrument
from fedmigrate.verify.judge import judge
from fedmigrate.verify.recorder import draw_state
from fedmigrate.verify.row_order import in_another_order
from fedmigrate.verify.run import Event, Run
from fedmigrate.verify.snapshot import fitted


class _Seen(BaseEstimator):  # type: ignore[misc]
    """Remembers what its ``fit`` was given."""

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, note: Any = None) -> _Seen:
        self.seen = X, y, sample_weight, note
        return self

    def fit_predict(self, X: Any) -> Any:
        self.seen = (X,)
        return np.asarray(X)[:, 0] * 10


_X = np.arange(12.0).reshape(6, 2)


@pytest.mark.parametrize(
    "kind", [np.asarray, pd.DataFrame, sparse.csr_matrix, np.ndarray.tolist], ids=str
)
def test_everything_with_an_entry_a_row_is_put_in_one_other_order(kind: Callable[..., Any]) -> None:
    model = _Seen()
    y, weights = list("abcdef"), pd.Series(range(6))
    in_another_order(model, 1).fit(kind(_X), y, sample_weight=weights, note="as it is")
    X_seen, y_seen, weights_seen, note = model.seen
    if sparse.issparse(X_seen):
        X_seen = X_seen.toarray()
    rows = np.asarray(X_seen)[:, 0] / 2
    assert sorted(rows) == list(range(6))
    assert list(rows) != list(range(6))
    assert ["abcdef".index(label) for label in y_seen] == list(rows)
    assert list(weights_seen) == list(rows)
    assert note == "as it is"


def test_what_a_fit_says_of_each_row_comes_back_in_the_order_of_the_script() -> None:
    assert in_another_order(_Seen(), 1).fit_predict(_X).tolist() == [0, 20, 40, 60, 80, 100]


def test_a_fit_gives_its_own_estimator_back_and_has_its_attributes() -> None:
    model = Ridge(alpha=2.0)
    stand_in = in_another_order(model, 1)
    assert stand_in.fit(_X, _X[:, 0]) is model
    assert stand_in.alpha == 2.0


@pytest.mark.parametrize(
    "model",
    [
        RidgeCV(),
        GridSearchCV(Ridge(), {"alpha": [1.0]}),
        make_pipeline(StandardScaler(), RidgeCV()),
    ],
    ids=str,
)
def test_folds_are_made_of_rows_as_they_lie(model: Any) -> None:
    assert in_another_order(model, 1) is model


def test_no_global_random_number_is_drawn() -> None:
    before = draw_state()
    in_another_order(_Seen(), 1).fit(_X)
    Draws(3).move(LogisticRegression(random_state=0))
    assert draw_state() == before


def test_where_random_numbers_stand_is_seen_in_either_generator() -> None:
    before = draw_state()
    random.random()
    between = draw_state()
    np.random.normal()
    assert len({before, between, draw_state()}) == 3


def test_seeds_that_a_script_gives_are_moved_once_and_as_far_for_everyone() -> None:
    model = make_pipeline(StandardScaler(), KMeans(random_state=7))
    draws = Draws(2)
    moved = draws.move(model)[-1].random_state
    assert moved != 7
    assert draws.move(model)[-1].random_state == moved
    assert Draws(2).move(KMeans(random_state=7)).random_state == moved
    assert Draws(1).move(KMeans(random_state=7)).random_state not in (7, moved)


@pytest.mark.parametrize("given", [None, np.random.RandomState(0)])
def test_estimators_without_a_whole_number_keep_what_they_draw_from(given: Any) -> None:
    assert Draws(1).move(KMeans(random_state=given)).random_state is given


def test_the_first_run_has_the_seeds_of_the_script() -> None:
    assert Draws(0).move(KMeans(random_state=7)).random_state == 7


def test_statements_that_the_conversion_does_without_are_not_run() -> None:
    source = Source("train.py", "if True:\n    print('rows')\nprint('score')\n")
    statements = [source.tree.body[0].body[0]]  # type: ignore[attr-defined]
    tree = instrument(source, dropped=[source.span(one) for one in statements])
    printed: list[str] = []
    exec(compile(tree, "train.py", "exec"), {"print": printed.append})
    assert printed == ["score"]


def _run(value: float, exactness: str | None = None, drawn: str = "", score: float = 0.0) -> Run:
    fit = Event("fit", "Ridge.fit", 1, exactness, {"coef_": np.array([value])}, drawn)
    scored = Event("score", "r2_score", 2, None, {"value": np.array(score)}, drawn)
    return Run("train.py", (fit, scored), (f"score {score:.9f}",), None)


class _Runs:
    """Stands in for a runner; counts what is asked for."""

    def __init__(self, original: Callable[..., Run], conversion: Callable[[int], Run]) -> None:
        self._original, self._conversion = original, conversion
        self.count = 0

    def expect(self, runs: int) -> None:
        pass

    def original(self, seed: int = 0, shuffled: int = 0, *, closer: bool = False) -> Run:
        self.count += 1
        return self._original(seed, shuffled)

    def conversion(self, seed: int = 0) -> Run:
        self.count += 1
        return self._conversion(seed)


def _judged(original: Callable[..., Run], conversion: Callable[[int], Run]) -> tuple[Any, int]:
    runs = _Runs(original, conversion)
    return judge(runs, 1e-9, 5), runs.count  # type: ignore[arg-type]


def test_two_runs_do_where_values_are_equal() -> None:
    comparison, runs = _judged(lambda *_: _run(1.0), lambda _: _run(1.0, "exact"))
    assert comparison.as_expected
    assert runs == 2


@pytest.mark.parametrize(
    ("moved", "off", "expected"),
    [
        pytest.param(1e-5, 5e-5, True, id="less than ten times what the order does"),
        pytest.param(1e-5, 2e-4, False, id="more than that"),
        pytest.param(0.0, 1e-6, False, id="the order does nothing"),
        pytest.param(1e-2, 5e-2, False, id="the order does much, and the same path is promised"),
    ],
)
def test_the_order_of_rows_is_the_yardstick(moved: float, off: float, expected: bool) -> None:
    comparison, _ = _judged(
        lambda seed, shuffled: _run(1.0 + moved * shuffled / module.SHUFFLES),
        lambda _: _run(1.0 + off, "exact"),
    )
    assert comparison.as_expected is expected


def test_of_the_same_optimum_alone_more_is_allowed() -> None:
    comparison, _ = _judged(
        lambda seed, shuffled: _run(1.0 + 1e-2 * shuffled), lambda _: _run(1.05, "equivalent")
    )
    assert comparison.as_expected


def test_where_both_draw_alike_seeds_excuse_nothing() -> None:
    comparison, runs = _judged(
        lambda seed, shuffled: _run(1.0 + seed), lambda seed: _run(1.1 + seed, "exact")
    )
    assert not comparison.as_expected
    assert runs == 2 + module.SHUFFLES


def test_where_draws_differ_their_distribution_decides() -> None:
    far = [0.3, 0.1, 0.4, 0.2, 0.5]
    near = [0.4, 0.2, 0.3, 0.5, 0.1]
    comparison, runs = _judged(
        lambda seed, shuffled: _run(far[seed], drawn="a"),
        lambda seed: _run(near[seed], "exact", drawn="b"),
    )
    assert comparison.as_expected
    assert comparison.fits[0].over_seeds is not None
    assert runs == 10 + module.SHUFFLES
    comparison, _ = _judged(
        lambda seed, shuffled: _run(far[seed], drawn="a"),
        lambda seed: _run(near[seed] + 5, "exact", drawn="b"),
    )
    assert not comparison.as_expected


@pytest.mark.parametrize(("off", "expected"), [(0.0, True), (0.3, False)])
def test_scores_of_a_statistical_fit_have_the_distribution_of_the_original(
    off: float, expected: bool
) -> None:
    values = [0.90, 0.93, 0.91, 0.95, 0.92]
    comparison, _ = _judged(
        lambda seed, shuffled: _run(1.0, score=values[seed]),
        lambda seed: _run(7.0, "statistical", score=values[-seed - 1] - off),
    )
    assert comparison.as_expected is expected
    assert comparison.fits[0].over_seeds is None  # what it leaves behind is not compared
    assert comparison.scores[0].over_seeds is not None


def test_a_run_that_fails_under_another_seed_is_named() -> None:
    failed = Run("train_fed.py", (), (), "ValueError: no")
    comparison, _ = _judged(
        lambda seed, shuffled: _run(1.0, score=0.1 * seed),
        lambda seed: failed if seed == 2 else _run(7.0, "statistical", score=0.1 * seed + 0.01),
    )
    assert comparison.failed is failed


def test_how_many_steps_an_equivalent_fit_took_is_no_promise() -> None:
    def run(steps: int, exactness: str | None = None) -> Run:
        leaves = {"coef_": np.array([1.0]), "n_iter_": np.array(steps)}
        return Run("t.py", (Event("fit", "A.fit", 1, exactness, leaves),), (), None)

    assert compare_runs(run(3), run(9, "equivalent"), 1e-9).as_expected
    assert not compare_runs(run(3), run(9, "exact"), 1e-9).as_expected


def test_going_closer_happens_once_and_only_to_what_stops_a_fit() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-2, max_iter=50, C=3.0))
    go_closer(model)
    go_closer(model)
    assert (model[-1].tol, model[-1].max_iter, model[-1].C) == (1e-4, 500, 3.0)
    X, y = load_iris(return_X_y=True)
    assert not [name for name in fitted(model.fit(X, y)) if "closer" in name]
