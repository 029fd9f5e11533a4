"""Over a whole script, no array with an entry a row leaves a party."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import fedruntime
from fedruntime.engines.local import LocalEngine
from fedruntime.messages import Reply
from fedruntime.operations import OperationKind, operation

ROWS = 97
_RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": _RANDOM.integers(20, 60, ROWS),
        "income": np.where(_RANDOM.random(ROWS) < 0.1, np.nan, _RANDOM.normal(size=ROWS)),
        "city": _RANDOM.choice(["Bonn", "Rome"], ROWS),
        "outcome": _RANDOM.integers(0, 2, ROWS),
    }
)


def _script(df: Any) -> Any:
    df = df[df["age"] > 22]
    df["income"] = df["income"].fillna(df["income"].mean())
    df = df.dropna()
    df["city"] = df["city"].map({"Bonn": 0, "Rome": 1})
    df["scaled"] = np.log1p(df["age"]) - np.log1p(df["age"]).mean()
    X = df.drop(columns=["outcome"]).values
    y = df["outcome"].values
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    X = np.column_stack([X, X[:, 0] ** 2])[:60]
    X[X > 2] = 2
    return (
        X.min(axis=0), X.max(), y.mean(), np.unique(y, return_counts=True), df.isnull().sum(),
        df["city"].value_counts(), df["outcome"].nunique(), len(df),
        (X[:, 0] > 0).mean(), X.shape, df.var(), df["outcome"].unique(),
    )  # fmt: skip


def test_no_reply_has_an_entry_a_row(monkeypatch: Any) -> None:
    statistics: list[Reply] = []
    call = LocalEngine.call

    def recording(self: Any, requests: Any, **options: Any) -> Any:
        found = call(self, requests, **options)
        for party, request in requests.items():
            if operation(request.operation).kind is not OperationKind.SESSION:
                statistics.append(found[party])
        return found

    monkeypatch.setattr(LocalEngine, "call", recording)
    federation = fedruntime.init(["alice", "bob"])
    values = _script(federation.load(TABLE.copy))
    expected = _script(TABLE.copy())
    for found, pooled in zip(values, expected, strict=True):
        np.testing.assert_allclose(
            np.asarray(found, dtype=float).ravel(), np.asarray(pooled, dtype=float).ravel()
        )
    fewest = 60 - ROWS // 2 - 1
    assert len(statistics) > 60
    for reply in statistics:
        vector = reply.arrays.get("vector")
        shapes = [shape for _, _, shape in reply.facts] if vector is not None else []
        shapes += [array.shape for name, array in reply.arrays.items() if name != "vector"]
        assert all(extent < fewest for shape in shapes if shape for extent in shape[:1]), reply


def test_every_message_is_in_the_ledger() -> None:
    federation = fedruntime.init(["alice", "bob"])
    X = federation.load(lambda: TABLE[["age", "income"]].to_numpy())
    before = len(federation.ledger)
    (X * 2).mean()
    entries = federation.ledger[before:]
    protections = {entry.protection for entry in entries}
    of_keys = {"public keys", "acknowledgement"}
    assert protections - of_keys == {"facts", "masked"}
    assert next(entry.purpose for entry in entries) == "mul"
