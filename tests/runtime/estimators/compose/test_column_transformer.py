"""``ColumnTransformer`` over parties against the pooled one, private state included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.decomposition import KernelPCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_RNG = np.random.default_rng(11)
_N = 50
_FRAME = pd.DataFrame(
    {
        "age": np.where(_RNG.random(_N) < 0.2, np.nan, _RNG.integers(20, 60, size=_N)),
        "income": _RNG.normal(size=_N) * 1e3,
        "children": _RNG.integers(0, 4, size=_N),
        "town": _RNG.choice(["Bonn", "Kiel", "Ulm"], size=_N),
        "sex": _RNG.choice(["f", "m"], size=_N),
    }
)
_NUMBERS = ["age", "income"]
_TOWNS = ["town", "sex"]
_FILLED = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())


def _by_dtype(frame: Any) -> Any:
    return [name for name in frame.columns if frame[name].dtype.kind == "f"]


_SPECIFICATIONS = {
    "names": [("n", _FILLED, _NUMBERS), ("c", OneHotEncoder(), _TOWNS)],
    "positions": [("n", _FILLED, [0, 1]), ("c", OneHotEncoder(), [-1, 3])],
    "slices": [("n", _FILLED, slice(0, 2)), ("c", OneHotEncoder(), slice("town", "sex"))],
    "masks": [
        ("n", _FILLED, [True, True, False, False, False]),
        ("c", OneHotEncoder(), np.array([False, False, False, True, True])),
    ],
    "selectors": [
        ("n", _FILLED, make_column_selector(dtype_include="number")),
        ("c", OneHotEncoder(), make_column_selector(pattern="town|sex")),
    ],
    "a function of dtypes": [("n", _FILLED, _by_dtype)],
    "an index": [("n", _FILLED, pd.Index(_NUMBERS))],
    "drop, passthrough and nothing": [
        ("d", "drop", ["town"]),
        ("p", "passthrough", ["children"]),
        ("e", StandardScaler(), []),
        ("n", _FILLED, ["age"]),
    ],
    "overlapping columns": [("n", _FILLED, _NUMBERS), ("m", MinMaxScaler(), ["income"])],
}


@pytest.mark.parametrize("name", _SPECIFICATIONS)
@pytest.mark.parametrize("remainder", ["drop", "passthrough"])
def test_all_ways_to_choose_columns(name: str, remainder: str, dealt: Any) -> None:
    model = ColumnTransformer(_SPECIFICATIONS[name], remainder=remainder)
    ours, pooled, handle = fit_both(model, _FRAME, dealt)
    assert_same_state(ours, pooled, rtol=1e-14)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME), atol=1e-13)
    local = ours.to_sklearn().transform(_FRAME)
    theirs = pooled.transform(_FRAME)
    assert type(local) is type(theirs)
    assert local.shape == theirs.shape


def test_the_remainder_may_be_an_estimator(dealt: Any) -> None:
    model = ColumnTransformer([("n", _FILLED, _NUMBERS)], remainder=OneHotEncoder())
    ours, pooled, handle = fit_both(model, _FRAME, dealt)
    assert_same_state(ours, pooled, rtol=1e-14)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME), atol=1e-13)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.45, 1.0])
def test_the_density_of_all_rows_decides_what_is_sparse(threshold: float, dealt: Any) -> None:
    model = ColumnTransformer(
        [("n", StandardScaler(), ["income"]), ("c", OneHotEncoder(), _TOWNS)],
        sparse_threshold=threshold,
    )
    ours, pooled, handle = fit_both(model, _FRAME, dealt)
    assert ours.sparse_output_ is pooled.sparse_output_
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME), atol=1e-13)


@pytest.mark.parametrize("verbose", [True, False])
def test_names_and_frames_that_come_out(verbose: bool, dealt: Any) -> None:
    model = ColumnTransformer(
        [("n", StandardScaler(), ["income"]), ("c", OneHotEncoder(sparse_output=False), _TOWNS)],
        remainder="passthrough",
        verbose_feature_names_out=verbose,
    ).set_output(transform="pandas")
    ours, pooled, handle = fit_both(model, _FRAME, dealt)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME), atol=1e-13)
    assert ours.get_feature_names_out().tolist() == pooled.get_feature_names_out().tolist()


def test_arrays(dealt: Any) -> None:
    rows = _FRAME[["income", "children"]].to_numpy()
    model = make_column_transformer((MinMaxScaler(), [1]), remainder="passthrough")
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows))


def test_weights_of_transformers(dealt: Any) -> None:
    model = ColumnTransformer(
        [("a", MinMaxScaler(), ["income"]), ("b", MinMaxScaler(), ["children"])],
        transformer_weights={"a": 10.0},
    )
    ours, pooled, handle = fit_both(model, _FRAME, dealt)
    assert_same_rows(ours.transform(handle), pooled.transform(_FRAME))


def test_wider_tables_in_another_order_are_picked_by_name(deal: Any) -> None:
    dealer = deal([0, 1] * (_N // 2))
    model = FLModel(model=ColumnTransformer([("n", MinMaxScaler(), ["income"])]))
    model.fit(dealer(_FRAME))
    wider = _FRAME[["sex", "income", "age"]]
    assert_same_rows(model.transform(dealer(wider)), model.to_sklearn().transform(_FRAME))


def test_in_front_of_a_classifier(dealt: Any) -> None:
    dealer = dealt(_N)
    labels = (_FRAME["income"] > 0).to_numpy().astype(int)
    pipeline = make_pipeline(
        ColumnTransformer([("n", _FILLED, _NUMBERS), ("c", OneHotEncoder(), _TOWNS)]),
        LogisticRegression(),
    )
    model = FLModel(model=pipeline).fit(dealer(_FRAME), dealer(labels))
    ours = model[-1].coef_.copy()
    pooled = pipeline.fit(_FRAME, labels)
    np.testing.assert_allclose(ours, pooled[-1].coef_, rtol=1e-9, atol=1e-12)


def test_the_scripts_own_transformers_stay_unfitted(deal: Any) -> None:
    scaler = StandardScaler()
    model = FLModel(model=ColumnTransformer([("n", scaler, ["income"])]))
    model.fit(deal([0, 1] * (_N // 2))(_FRAME))
    assert not hasattr(scaler, "mean_")
    assert hasattr(model.named_transformers_["n"], "mean_")


def test_what_is_refused_is_refused_before_anything_is_sent(deal: Any) -> None:
    dealer = deal([0, 1] * (_N // 2))
    handle = dealer(_FRAME)
    sent = len(dealer.federation.ledger)
    refused = KernelPCA()
    for model in (
        ColumnTransformer([("n", MinMaxScaler(), ["age"]), ("bins", refused, ["income"])]),
        make_pipeline(ColumnTransformer([("bins", refused, ["income"])])),
    ):
        with pytest.raises(UnsupportedError, match=r"step 'bins': .*KernelPCA has no"):
            FLModel(model=model).fit(handle)
    with pytest.raises(UnsupportedError, match=r"step 'remainder': .*KernelPCA has no"):
        FLModel(model=ColumnTransformer([], remainder=refused)).fit(handle)
    with pytest.raises(UnsupportedError, match=r"ColumnTransformer\(i__strategy="):
        FLModel(model=ColumnTransformer([("i", SimpleImputer(strategy=np.ptp), ["age"])])).fit(
            handle
        )
    assert len(dealer.federation.ledger) == sent


def test_functions_of_values_are_refused(deal: Any) -> None:
    def few_values(frame: Any) -> Any:
        return [name for name in frame.columns if frame[name].nunique() > 1]

    with pytest.raises(UnsupportedError, match="transformer 'n' are chosen by a function of the"):
        FLModel(model=ColumnTransformer([("n", OneHotEncoder(), few_values)])).fit(
            deal([0, 1] * (_N // 2))(_FRAME)
        )


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (["nowhere"], ValueError, "not columns? of the dataframe|not a column"),
        ([9], ValueError, "features"),
        ("income", DataError, "single column 'income' as a vector"),
    ],
    ids=str,
)
def test_wrong_columns(columns: Any, error: Any, message: str, deal: Any) -> None:
    with pytest.raises(error, match=message):
        FLModel(model=ColumnTransformer([("n", MinMaxScaler(), columns)])).fit(
            deal([0, 1] * (_N // 2))(_FRAME)
        )


def test_parties_with_columns_in_another_order_are_refused(deal: Any) -> None:
    dealer = deal([0, 1])
    parts = {
        "party0": pd.DataFrame({"a": [1], "b": [2]}),
        "party1": pd.DataFrame({"b": [1], "a": [2]}),
    }
    with pytest.raises(DataError, match="'party0' and 'party1' have the same columns in another"):
        dealer.federation.place(parts, dealer.layout)
