"""Tables read in chunks: fits, transformers, splits and metrics are those of the same table in
memory, whatever the chunks; what cannot be so is refused."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_view import pooled
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

import fedruntime
import fedruntime.estimators
from fedruntime import FLModel, SecureAggregator
from fedruntime.data.chunks.declared import (
    ADDED,
    BY_EXAMPLE,
    MERGES,
    ON_PLACES,
    ROW_WISE,
)
from fedruntime.data.chunks.reading import Reading
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.federation import Federation
from fedruntime.metrics import accuracy_score, confusion_matrix, log_loss, r2_score
from fedruntime.model_selection import train_test_split
from fedruntime.operations import OperationKind, operation
from fedruntime.settings import Settings

ROWS = 211
NUMBERS = ["a", "b", "c"]


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=NUMBERS)
    table["holes"] = table["a"].where(table["c"] > -0.8)
    table["group"] = rng.choice(["u", "v", "w"], ROWS)
    table["y"] = 2 * table["a"] - table["b"] + 3 + rng.normal(size=ROWS)
    table["class"] = (table["y"] > 3).astype(int)
    table["count"] = rng.poisson(3, ROWS)
    return table


TABLE = _table()


def _cut(*sizes: int) -> Callable[..., Iterator[pd.DataFrame]]:
    """A loader that gives chunks of these sizes, and then what is left."""

    def chunks(chunksize: int) -> Iterator[pd.DataFrame]:
        start = 0
        for size in sizes:
            yield TABLE.iloc[start : start + size]
            start += size
        yield TABLE.iloc[start:]

    return chunks


def _even(chunksize: int) -> Iterator[pd.DataFrame]:
    for start in range(0, ROWS, chunksize):
        yield TABLE.iloc[start : start + chunksize]


LOADERS: dict[str, tuple[Callable[..., Any], int]] = {
    "ragged last chunk": (_even, 50),
    "chunks of one row and none": (_cut(1, 0, 1, 120), 1),
    "one chunk": (_even, ROWS),
    "many": (_even, 23),
}


def _federation(split: str = "contiguous") -> Any:
    return fedruntime.init([f"p{n}" for n in range(3)], split=split)


def _in_chunks(federation: Any) -> Any:
    return federation.load(_even, chunksize=20)


def _in_memory(federation: Any) -> Any:
    return federation.load(TABLE.copy)


def _model(federation: Any, model: Any) -> Any:
    return FLModel(
        device_list=federation.devices, model=model, aggregator=SecureAggregator(federation.spu)
    )


@pytest.fixture(params=LOADERS)
def loader(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    function, chunksize = LOADERS[request.param]
    return lambda federation: federation.load(function, chunksize=chunksize)


def _assert_fitted_alike(model: Any, other: Any) -> None:
    ours, theirs = vars(model), vars(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        if name.endswith("_") and isinstance(ours[name], np.ndarray | float | int):
            value = np.asarray(ours[name])
            if value.dtype.kind in "biuf":
                np.testing.assert_allclose(
                    value, theirs[name], rtol=1e-12, atol=1e-12, err_msg=name
                )
            else:
                assert value.tolist() == theirs[name].tolist()


def _both(loader: Callable[[Any], Any], train: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """What a script gives for the table in chunks, and for the table in memory."""
    found = []
    for load in (loader, _in_memory):
        federation = _federation()
        found.append(train(federation, load(federation)))
    return found[0], found[1]


REGRESSORS = [
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    Ridge(alpha=2.0),
    ElasticNet(alpha=0.05, tol=1e-10),
    BayesianRidge(),
    HuberRegressor(),
]
CLASSIFIERS = [
    LogisticRegression(C=0.3),
    LogisticRegression(class_weight="balanced", solver="newton-cg"),
    RidgeClassifier(),
    GaussianNB(),
]


@pytest.mark.parametrize("model", REGRESSORS, ids=repr)
def test_regressors_after_a_shuffled_split(loader: Any, model: Any) -> None:
    def train(federation: Any, table: Any) -> Any:
        X, y = table[NUMBERS], table["y"]
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=1)
        fitted = _model(federation, make_pipeline(StandardScaler(), model)).fit(X, y)
        return fitted.to_sklearn()[-1], r2_score(y_test, fitted.predict(X_test))

    (ours, score), (theirs, expected) = _both(loader, train)
    assert score == pytest.approx(expected, rel=1e-12)
    if not isinstance(model, HuberRegressor):  # its mask of outliers is one a row
        _assert_fitted_alike(ours, theirs)
    else:
        np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)


@pytest.mark.parametrize("model", CLASSIFIERS, ids=repr)
def test_classifiers_and_their_metrics(loader: Any, model: Any) -> None:
    def train(federation: Any, table: Any) -> Any:
        fitted = _model(federation, model).fit(table[NUMBERS], table["class"])
        predicted, y = fitted.predict(table[NUMBERS]), table["class"]
        scores = [accuracy_score(y, predicted), *confusion_matrix(y, predicted).ravel()]
        if hasattr(model, "predict_proba"):
            scores.append(log_loss(y, fitted.predict_proba(table[NUMBERS])))
        return fitted.to_sklearn(), scores

    (ours, scores), (theirs, expected) = _both(loader, train)
    _assert_fitted_alike(ours, theirs)
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        PCA(2),
        KMeans(3, init=np.eye(3), n_init=1),
        KMeans(3, random_state=3, n_init=2),
        MinMaxScaler(),
        MaxAbsScaler(),
    ],
    ids=repr,
)
def test_models_without_a_target(loader: Any, model: Any) -> None:
    def train(federation: Any, table: Any) -> Any:
        return _model(federation, model).fit(table[NUMBERS]).to_sklearn()

    ours, theirs = _both(loader, train)
    _assert_fitted_alike(ours, theirs)


def test_a_pipeline_of_columns(loader: Any) -> None:
    columns = ColumnTransformer(
        [
            ("filled", make_pipeline(SimpleImputer(), StandardScaler()), ["holes", "b"]),
            ("groups", OneHotEncoder(sparse_output=False), ["group"]),
            ("ordered", OrdinalEncoder(), ["group"]),
            ("cubes", FunctionTransformer(np.cbrt), ["c"]),
        ]
    )

    def train(federation: Any, table: Any) -> Any:
        fitted = _model(federation, make_pipeline(columns, Ridge()))
        return fitted.fit(table.drop(columns=["y", "class"]), table["y"]).to_sklearn()[-1]

    ours, theirs = _both(loader, train)
    _assert_fitted_alike(ours, theirs)


def test_counts(loader: Any) -> None:
    def train(federation: Any, table: Any) -> Any:
        return _model(federation, PoissonRegressor()).fit(table[NUMBERS], table["count"])

    ours, theirs = _both(loader, train)
    np.testing.assert_allclose(ours.to_sklearn().coef_, theirs.to_sklearn().coef_, rtol=1e-11)


def test_what_a_script_makes_of_columns(loader: Any) -> None:
    def train(federation: Any, table: Any) -> list[float]:
        table["ratio"] = np.log(table["a"].abs() + 1) / 2
        kept = table[(table["b"] > 0) & (table["group"].str.upper() != "U")].dropna()
        return [len(kept), kept["ratio"].mean(), kept["a"].std(), kept["holes"].isna().sum()]

    ours, theirs = _both(loader, train)
    assert ours[0] == theirs[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


@pytest.mark.parametrize("split", ["contiguous", "iid"])
def test_a_filter_after_a_shuffle_keeps_the_same_rows(split: str) -> None:
    found = []
    for loaded in (_in_chunks, _in_memory):
        federation = _federation(split)
        rows = loaded(federation)
        rows, _ = train_test_split(rows, random_state=8)
        rows = rows[rows["a"] > 0]
        left, right = train_test_split(rows, test_size=0.5, random_state=9)
        found.append([left["y"].sum(), right["y"].sum(), len(left), left.shape[1]])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-13)


def test_sums_of_whole_numbers_are_equal_to_the_last_digit(loader: Any) -> None:
    ours, theirs = _both(loader, lambda _, table: (table["count"].sum(), table["class"].sum()))
    assert ours == theirs


def test_a_file_of_pandas(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "table.csv", index=False)
    federation = _federation()
    table = federation.load(pd.read_csv, tmp_path / "table.csv", chunksize=30)
    assert table.shape == TABLE.shape
    assert [str(dtype) for dtype in table.dtypes] == [
        str(dtype) for dtype in pd.read_csv(tmp_path / "table.csv").dtypes
    ]
    np.testing.assert_allclose(table["a"].sum(), TABLE["a"].sum(), rtol=1e-12)


def test_a_column_without_holes_in_some_chunks_is_float_in_all(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x,y\n1,2\n2,3\n3,4\n,5\n5,6\n")
    table = _federation().load(pd.read_csv, tmp_path / "table.csv", chunksize=2)
    assert str(table["x"].dtype) == "float64"
    assert table["x"].sum() == 11


def test_rows_are_not_put_together() -> None:
    table = _federation().load(_even, chunksize=20)
    with pytest.raises(RevealError):
        np.asarray(table)
    with pytest.raises(UnsupportedError, match="masks excepted"):
        pooled(table["a"])


class _Apart(LocalEngine):
    simulated = False


def test_real_parties_read_their_own_tables_in_chunks() -> None:
    settings = Settings(parties=("p0", "p1"))
    federation = Federation(settings, engine=_Apart(settings.parties))
    try:
        table = federation.load(_even, chunksize=25)
        assert table.shape == (2 * ROWS, TABLE.shape[1])
        last = table.iloc[-3:]
        np.testing.assert_allclose(last["y"].sum(), TABLE["y"].iloc[-3:].sum(), rtol=1e-12)
        model = _model(federation, LinearRegression()).fit(table[NUMBERS], table["y"])
        twice = pd.concat([TABLE, TABLE])
        expected = LinearRegression().fit(twice[NUMBERS], twice["y"])
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-12)
    finally:
        federation.stop()


class _Partition:
    def __init__(self, rows: pd.DataFrame) -> None:
        self._rows = rows

    def compute(self) -> pd.DataFrame:
        return self._rows


class _Partitions:
    """What of a Dask table a party needs."""

    npartitions = 4

    def get_partition(self, number: int) -> _Partition:
        return _Partition(TABLE.iloc[60 * number : 60 * (number + 1)])

    def compute(self) -> pd.DataFrame:
        raise AssertionError("the whole table is not computed")


@pytest.mark.parametrize("given_by_a_loader", [True, False])
def test_a_table_of_partitions(given_by_a_loader: bool) -> None:
    federation = _federation()
    if given_by_a_loader:
        table = federation.load(lambda chunksize: _Partitions(), chunksize=None)
    else:
        table = federation.load(_Partitions())
    assert table.shape == TABLE.shape
    model = _model(federation, LinearRegression()).fit(table[NUMBERS], table["y"])
    expected = LinearRegression().fit(TABLE[NUMBERS], TABLE["y"])
    np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-12)


# -- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [RandomForestRegressor(3), QuantileRegressor()], ids=repr)
def test_what_keeps_something_for_every_row_is_refused_by_name(model: Any) -> None:
    federation = _federation()
    table = federation.load(_even, chunksize=20)
    with pytest.raises(UnsupportedError, match="read in chunks: load this table without"):
        _model(federation, model).fit(table[NUMBERS], table["y"])


def test_methods_that_look_at_other_rows_are_refused() -> None:
    table = _federation().load(_even, chunksize=20)
    with pytest.raises(UnsupportedError, match=r"rows\.reindex"):
        table.reset_index()["a"].sum()


def test_tables_that_are_read_apart_do_not_meet() -> None:
    federation = _federation()
    one, other = (federation.load(_even, chunksize=20) for _ in range(2))
    with pytest.raises(DataError, match="different tables"):
        (one["a"] + other["a"]).sum()


def test_a_file_that_changes_between_passes(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    TABLE.to_csv(path, index=False)
    table = _federation().load(pd.read_csv, path, chunksize=30)
    TABLE.assign(a=TABLE["a"].where(TABLE.index != 95, 1.0)).to_csv(path, index=False)
    with pytest.raises(DataError, match="changes between passes: chunk 3"):
        table["b"].sum()
    TABLE.iloc[:-1].to_csv(path, index=False)
    with pytest.raises(DataError, match="changes between passes: chunk 7"):
        table["b"].sum()
    pd.concat([TABLE, TABLE]).to_csv(path, index=False)
    with pytest.raises(DataError, match="changes between passes: chunk 7"):
        table["b"].sum()


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([], "no rows"),
        ([TABLE.iloc[:0]], "no rows"),
        ([TABLE, TABLE[NUMBERS]], "chunk 1 is a DataFrame of shape"),
        ([TABLE[["a", "b"]], TABLE[["b", "a"]]], "other columns"),
        ([TABLE[["a"]], TABLE[["group"]].set_axis(["a"], axis=1)], "in one chunk and"),
        ([{"a": 1}], "a chunk is a dict"),
        (None, "has to give an iterator"),
    ],
)
def test_chunks_that_make_no_table(chunks: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Reading(lambda: None if chunks is None else iter(chunks))


def test_declarations_name_operations_of_their_kind() -> None:
    for module in pkgutil.walk_packages(fedruntime.estimators.__path__, "fedruntime.estimators."):
        import_module(module.name)
    assert all(operation(name).kind is OperationKind.ROWS for name in ROW_WISE)
    statistics = [*ADDED, *MERGES, *BY_EXAMPLE]
    assert len(set(statistics)) == len(statistics)
    assert all(operation(name).kind is OperationKind.STATISTIC for name in statistics)
    assert not any(operation(name).reveals for name in ADDED)
    assert all(operation(name).reveals for name in MERGES)
    assert all(operation(name).name == name for name in ON_PLACES)
