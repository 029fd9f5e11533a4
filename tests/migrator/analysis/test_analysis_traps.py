"""Traps of the script itself: which are told, and the many look-alikes that must not be."""

from __future__ import annotations

import pytest

from fedmigrate.analysis import analyse
from fedmigrate.source import Source

HEAD = """\
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, PolynomialFeatures, StandardScaler
df = pd.read_csv("x.csv")
X, y = df.drop(columns=["t"]), df["t"]
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
MODEL = "m = LogisticRegression().fit(X_train, y_train)\nprint(m.score(X_test, y_test))\n"
FIRST = HEAD.count("\n") + 1


def told(body: str) -> list[str]:
    """One text a notice: its line in the body, its code."""
    found = analyse(Source("script.py", HEAD + body)).notices
    return [f"{notice.line - FIRST + 1} {notice.code}" for notice in found]


TOLD = {
    "scaled, then split": ("X = StandardScaler().fit_transform(X)\n" + SPLIT + MODEL, ["1 FM111"]),
    "scaled under another name": (
        "s = StandardScaler()\nX_scaled = s.fit_transform(X)\n"
        + SPLIT.replace("(X,", "(X_scaled,"),
        ["2 FM111"],
    ),
    "scaler fitted on all rows, parts transformed": (
        "s = StandardScaler()\ns.fit(X)\n" + SPLIT + "a = s.transform(X_train)\n",
        ["2 FM111"],
    ),
    "columns of the table scaled in place": (
        'c = ["a", "b"]\ndf[c] = StandardScaler().fit_transform(df[c])\n'
        'X = df.drop("t", axis=1)\n' + SPLIT + MODEL,
        ["2 FM111"],
    ),
    "scaled in a function": (
        "def prepare(X):\n    return StandardScaler().fit_transform(X)\n\n"
        "X = prepare(X)\n" + SPLIT + MODEL,
        ["2 FM111"],
    ),
    "scaled, then cross-validated": (
        "Z = StandardScaler().fit_transform(X)\n"
        "print(cross_val_score(LogisticRegression(), Z, y))\n",
        ["1 FM111"],
    ),
    "scaled, then searched": (
        "Z = StandardScaler().fit_transform(X)\n"
        'GridSearchCV(LogisticRegression(), {"C": [1, 2]}).fit(Z, y)\n',
        ["1 FM111"],
    ),
    "scaled, then folds": (
        "Z = StandardScaler().fit_transform(X)\nfor a, b in KFold(3).split(Z):\n"
        "    LogisticRegression().fit(Z[a], y[a])\n",
        ["1 FM111"],
    ),
    "a pipeline of preparing steps": (
        "Z = make_pipeline(PolynomialFeatures(), StandardScaler()).fit_transform(X)\n"
        + SPLIT.replace("(X,", "(Z,")
        + MODEL,
        ["1 FM111"],
    ),
    "test rows fitted again": (
        SPLIT + "s = StandardScaler()\nX_train = s.fit_transform(X_train)\n"
        "X_test = s.fit_transform(X_test)\n" + MODEL,
        ["4 FM112"],
    ),
    "test rows fitted by a scaler of their own": (
        SPLIT + "X_train = StandardScaler().fit_transform(X_train)\n"
        "X_test = StandardScaler().fit_transform(X_test)\n" + MODEL,
        ["3 FM112"],
    ),
    "test rows fitted by a pipeline, in a loop": (
        SPLIT
        + "for n in range(3):\n    p = make_pipeline(PolynomialFeatures(n), StandardScaler())\n"
        "    a, b = p.fit_transform(X_train), p.fit_transform(X_test)\n"
        "    LogisticRegression().fit(a, y_train)\n",
        ["4 FM112"],
    ),
    "only the training score": (
        SPLIT
        + "m = LogisticRegression().fit(X_train, y_train)\nprint(m.score(X_train, y_train))\n",
        ["3 FM113"],
    ),
    "only a metric of training rows": (
        SPLIT + "m = LogisticRegression().fit(X_train, y_train)\n"
        "p = m.predict(X_train)\nprint(accuracy_score(y_train, p))\n",
        ["4 FM113"],
    ),
    "no split at all": (
        "m = LogisticRegression()\nm.fit(X, y)\nprint(m.score(X, y))\n"
        "print(accuracy_score(y, m.predict(X)))\n",
        ["3 FM113"],
    ),
    "fitted on all rows although there are test rows": (
        SPLIT + "m = LogisticRegression().fit(X, y)\nprint(m.score(X_test, y_test))\n",
        ["3 FM113"],
    ),
    "scored in a function": (
        SPLIT + "def report(m, X, y):\n    print(m.score(X, y))\n\n"
        "report(LogisticRegression().fit(X_train, y_train), X_train, y_train)\n",
        ["3 FM113"],
    ),
    "one encoder for two columns, the first of them decoded": (
        'e = LabelEncoder()\ndf["a"] = e.fit_transform(df["a"])\n'
        'df["b"] = e.fit_transform(df["b"])\n'
        'LogisticRegression().fit(df[["a", "b"]], y)\nnames = e.inverse_transform(df["a"])\n',
        ["5 FM114"],
    ),
    "one encoder in a loop, another table later": (
        "e = LabelEncoder()\nfor c in df.columns:\n    df[c] = e.fit_transform(df[c])\n"
        'LogisticRegression().fit(df, y)\nnew = pd.read_csv("n.csv")\n'
        'new["a"] = e.transform(new["a"])\n',
        ["6 FM114"],
    ),
    "no random_state": ("RandomForestClassifier().fit(X, y)\n", ["1 FM115"]),
    "random_state of None": ("RandomForestClassifier(random_state=None).fit(X, y)\n", ["1 FM115"]),
    "a split without random_state": (
        "a, b, c, d = train_test_split(X, y)\nLogisticRegression().fit(a, c)\n",
        ["1 FM115"],
    ),
    "a step of a pipeline": (
        "p = make_pipeline(\n    StandardScaler(),\n    RandomForestClassifier(),\n)\n"
        "p.fit(X, y)\n",
        ["3 FM115"],
    ),
    "shuffled folds": (
        "cross_val_score(LogisticRegression(), X, y, cv=KFold(3, shuffle=True))\n",
        ["1 FM115"],
    ),
}

NOT_TOLD = {
    "split first": SPLIT + "s = StandardScaler()\nX_train = s.fit_transform(X_train)\n"
    "X_test = s.transform(X_test)\n" + MODEL,
    "a pipeline": SPLIT + "m = make_pipeline(StandardScaler(), LogisticRegression())\n"
    "m.fit(X_train, y_train)\nprint(m.score(X_test, y_test))\n",
    "a pipeline cross-validated": "m = make_pipeline(StandardScaler(), LogisticRegression())\n"
    "print(cross_val_score(m, X, y))\n",
    "scaled for a picture only": "Z = StandardScaler().fit_transform(X)\nprint(Z.mean())\n"
    + SPLIT
    + MODEL,
    "labels encoded before the split": "y = LabelEncoder().fit_transform(y)\n" + SPLIT + MODEL,
    "the label encoded in the table": 'df["t"] = OneHotEncoder().fit_transform(df["t"])\n'
    'X, y = df.drop(columns=["t"]), df["t"]\n' + SPLIT + MODEL,
    "a transformer that learns nothing": "X = PolynomialFeatures().fit_transform(X)\n"
    + SPLIT
    + MODEL,
    "one of two tables is scaled": 'other = StandardScaler().fit_transform(pd.read_csv("o.csv"))\n'
    + SPLIT
    + MODEL,
    "the final scaler, fitted on all rows after the test": SPLIT
    + MODEL
    + "s = StandardScaler().fit(X)\nLogisticRegression().fit(s.transform(X), y)\n",
    "a scaler that is fitted anew on the training rows": "s = StandardScaler()\n"
    "print(s.fit(X).mean_)\n" + SPLIT + "s.fit(X_train)\n"
    "X_train, X_test = s.transform(X_train), s.transform(X_test)\n" + MODEL,
    "the test part as a sample": "_, X_small, _, y_small = train_test_split(X, y, random_state=0)\n"
    "Z = StandardScaler().fit_transform(X_small)\nm = LogisticRegression().fit(Z, y_small)\n",
    "a stateless transformer on test rows": SPLIT
    + "X_train = PolynomialFeatures().fit_transform(X_train)\n"
    "X_test = PolynomialFeatures().fit_transform(X_test)\n" + MODEL,
    "validation rows from the test rows": SPLIT
    + "X_val, X_test, y_val, y_test = train_test_split(X_test, y_test, random_state=0)\n"
    "s = StandardScaler()\nX_train = s.fit_transform(X_train)\nX_val = s.transform(X_val)\n"
    + MODEL,
    "training score beside the test score": SPLIT
    + "m = LogisticRegression().fit(X_train, y_train)\nprint(m.score(X_train, y_train))\n"
    "print(m.score(X_test, y_test))\n",
    "training score beside a confusion matrix of test rows": SPLIT
    + "m = LogisticRegression().fit(X_train, y_train)\nprint(m.score(X_train, y_train))\n"
    "print(confusion_matrix(y_test, m.predict(X_test)))\n",
    "training score beside a cross-validation": "m = LogisticRegression()\nm.fit(X, y)\n"
    "print(m.score(X, y))\nprint(cross_val_score(m, X, y))\n",
    "a split by hand": "m = LogisticRegression().fit(X[:80], y[:80])\n"
    "print(m.score(X[80:], y[80:]))\n",
    "a split by hand, with names": "X_train, X_test = X[:80], X[80:]\n"
    "y_train, y_test = y[:80], y[80:]\n" + MODEL,
    "a split by a mask": "mask = np.random.RandomState(0).rand(len(df)) < 0.8\n"
    "train, test = df[mask], df[~mask]\n"
    'm = LogisticRegression().fit(train[["a"]], train["t"])\n'
    'print(m.score(test[["a"]], test["t"]))\n',
    "sampled and dropped": "train = df.sample(frac=0.8, random_state=0)\n"
    "test = df.drop(train.index)\n"
    'm = LogisticRegression().fit(train[["a"]], train["t"])\n'
    'print(m.score(test[["a"]], test["t"]))\n',
    "the same name for other rows": "def load(n):\n"
    '    d = pd.read_csv(f"{n}.csv")\n    return d[["a"]], d["t"]\n\n'
    "X, y = load(1)\nm = LogisticRegression().fit(X, y)\nX, y = load(2)\nprint(m.score(X, y))\n",
    "another file": "m = LogisticRegression().fit(X, y)\n"
    'test = pd.read_csv("test.csv")\nprint(m.score(test.drop(columns=["t"]), test["t"]))\n',
    "a search, which scores by its folds": SPLIT
    + 'g = GridSearchCV(LogisticRegression(), {"C": [1, 2]}).fit(X_train, y_train)\n'
    "print(g.score(X_train, y_train))\n",
    "out-of-bag rows": "m = RandomForestClassifier(oob_score=True, random_state=0).fit(X, y)\n"
    "print(m.score(X, y), m.oob_score_)\n",
    "folds": "for a, b in KFold(3).split(X):\n    m = LogisticRegression().fit(X[a], y[a])\n"
    "    print(m.score(X[b], y[b]))\n",
    "predictions of training rows that nobody scores": "m = LogisticRegression().fit(X, y)\n"
    "print(m.predict(X).mean())\n",
    "an encoder for each column": "encoders = {}\nfor c in df.columns:\n"
    "    encoders[c] = LabelEncoder()\n    df[c] = encoders[c].fit_transform(df[c])\n"
    'LogisticRegression().fit(df, y)\nnames = encoders["a"].inverse_transform(df["a"])\n',
    "one encoder, used before the next fit": "e = LabelEncoder()\nfor c in df.columns:\n"
    "    e.fit(df[c])\n    df[c] = e.transform(df[c])\nLogisticRegression().fit(df, y)\n",
    "one encoder, the last column decoded": "e = LabelEncoder()\n"
    'df["a"] = e.fit_transform(df["a"])\n'
    'df["t"] = e.fit_transform(df["t"])\nm = LogisticRegression().fit(df[["a"]], df["t"])\n'
    'names = e.inverse_transform(df["t"])\n',
    "one encoder, the label last": "e = LabelEncoder()\nfor c in df.columns:\n"
    "    df[c] = e.fit_transform(df[c])\ny = e.fit_transform(y)\n"
    "m = LogisticRegression().fit(df, y)\nnames = e.inverse_transform(m.predict(df))\n",
    "random_state": "RandomForestClassifier(random_state=3).fit(X, y)\n",
    "random_state set later": "m = RandomForestClassifier()\nm.set_params(random_state=1)\n"
    "m.fit(X, y)\n",
    "random_state from a variable": "def run(seed):\n"
    "    RandomForestClassifier(random_state=seed).fit(X, y)\n",
    "parameters from elsewhere": "from settings import P\nRandomForestClassifier(**P).fit(X, y)\n",
    "numpy seeded": "np.random.seed(0)\nRandomForestClassifier().fit(X, y)\n",
    "not fitted on rows": "RandomForestClassifier().fit([[1], [2]], [0, 1])\n"
    "LogisticRegression().fit(X, y)\n",
    "a split in order": "a, b, c, d = train_test_split(X, y, shuffle=False)\n"
    "LogisticRegression().fit(a, c)\n",
    "folds in order": "cross_val_score(LogisticRegression(), X, y, cv=KFold(3))\n",
}


@pytest.mark.parametrize(("body", "expected"), TOLD.values(), ids=list(TOLD))
def test_told(body: str, expected: list[str]) -> None:
    assert told(body) == expected


@pytest.mark.parametrize("body", NOT_TOLD.values(), ids=list(NOT_TOLD))
def test_not_told(body: str) -> None:
    assert told(body) == []
