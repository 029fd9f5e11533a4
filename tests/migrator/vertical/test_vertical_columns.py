"""What scripts do with columns of several parties: what is left, what is noted, what is neither."""

from __future__ import annotations

import pytest
from vertical_scripts import FIT, HEAD, converted, said

from fedmigrate.convert import convert
from fedmigrate.plan import Options, SiteKind, Verdict
from fedmigrate.source import Source

SCALER = "from sklearn.preprocessing import StandardScaler\nscaler = StandardScaler().fit(X)"
NOTHING = {
    "a column by itself": 'X["visits"] = np.log1p(X["visits"])',
    "columns of one party": 'X["mean"] = X["basket"] / X["visits"]',
    "a column and itself": 'X["squared"] = X["age"] * X["age"]',
    "a column and a number": 'X["age"] = (X["age"] - 40) / 10',
    "a column and its own mean": 'X["age"] = X["age"] - X["age"].mean()',
    "a condition within a party": 'X["often"] = (X["visits"] > 3) & (X["basket"] > 10)',
    "a fitted model": "print(LinearRegression().fit(X, y).coef_)",
    "what a search found": "from sklearn.model_selection import GridSearchCV\n"
    'search = GridSearchCV(LinearRegression(), {"fit_intercept": [True, False]}, cv=3).fit(X, y)\n'
    "print(search.best_params_, search.best_estimator_.coef_)",
    "what a scaler is given": f"{SCALER}\nprint(scaler.with_mean)\nX = scaler.transform(X)",
    "columns of the label party": 'X["rate"] = X["rent"] / X["income"]',
    "a stack within a party": 'Z = np.c_[X["basket"], X["visits"]]',
    "columns by name": 'X = X[["age", "visits"]]',
    "a column dropped": 'X = X.drop(columns=["age"])',
    "rows by position": "X, y = X[:50], y[:50]",
    "positions and columns": "X = X.iloc[:, :3]",
    "aggregates": "print(X.mean(), X.describe(), X.isna().sum(), X.shape)",
    "missing values filled": "X = X.fillna(0)",
    "arithmetic with public values": "X = (X - 1) / 2",
    "powers and signs": "X = -(X**2)",
    "numpy on a table": "X = np.log1p(X)",
    "numpy on an array": "X = np.sqrt(X.to_numpy()) / 2",
    "a frame of an array": f"{SCALER}\nX = pd.DataFrame(scaler.transform(X), columns=X.columns)",
    "a condition on cells": "X = X > 3",
    "all there is": "X = X[()]",
    "columns behind loc": 'X = X.loc[:, ["age", "visits"]]',
    "arithmetic with aggregates": "X = X - X.mean()",
    "a copy": "X = X.copy()",
    "a column computed and kept": 'X = X.assign(twice=X["age"] * 2)',
    "residuals": "print(((y - LinearRegression().fit(X, y).predict(X)) ** 2).mean())",
    "a filter of the label alone": "print(y[y > 3].mean())",
    "what is not fitted": 'print(pd.read_csv("other.csv").corr())',
}
LEFT = {
    "columns of two parties": ('X["ratio"] = X["age"] / X["visits"]', "FM212"),
    "a chain over parties": ('X["sum"] = X["age"] + 1 + X["visits"]', "FM212"),
    "a comparison over parties": ('X["more"] = X["age"] > X["visits"]', "FM212"),
    "numpy over parties": ('X["both"] = np.hypot(X["age"], X["visits"])', "FM212"),
    "a method over parties": ('X["both"] = X["age"].add(X["visits"])', "FM212"),
    "a stack over parties": ('Z = np.c_[X["age"], X["visits"]]', "FM212"),
    "arrays over parties": ('Z = np.column_stack((X["age"], X["visits"]))', "FM212"),
    "a stack of tables": ("Z = np.c_[X, X]", "FM212"),
    "a column and the label": ('X["per"] = X["visits"] / y', "FM212"),
    "rows by value": ('X = X[X["age"] > 30]', "FM213"),
    "rows by value behind loc": ('X = X.loc[X["age"] > 30]', "FM213"),
    "rows by a query": ('X = X.query("age > 30")', "FM213"),
    "rows with all values": ("X = X.dropna()", "FM213"),
    "correlations": ("print(X.corr())", "FM212"),
    "groups": ('print(X.groupby("city")["age"].mean())', "FM212"),
    "a function of rows": ("X = X.apply(lambda row: row, axis=1)", "FM212"),
    "dummies of a table": ("X = pd.get_dummies(X)", "FM212"),
    "numpy over a table": ("X = np.around(X)", "FM212"),
    "numpy on a table and a column": ('X = np.add(X, X["age"])', "FM212"),
    "rows by label": ("X = X.loc[[1, 2]]", "FM212"),
    "a table and a table": ("X = X + X", "FM212"),
    "two tables": ('X = X.merge(pd.read_csv("visits.csv"), on="customer_id")', "FM214"),
    "two tables, as a function": (
        'X = pd.merge(X, pd.read_csv("visits.csv"), on="customer_id")',
        "FM214",
    ),
    "two tables side by side": ('X = pd.concat([X, pd.read_csv("v.csv")], axis=1)', "FM214"),
    "what a scaler has learnt": (f"{SCALER}\nprint(scaler.mean_)", "FM216"),
    "what a scaler calls columns": (f"{SCALER}\nprint(scaler.get_feature_names_out())", "FM216"),
    "what a pipeline calls columns": (
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "pipe = make_pipeline(StandardScaler(), LinearRegression()).fit(X, y)\n"
        'print(pipe.named_steps["standardscaler"].get_feature_names_out())',
        "FM216",
    ),
    "the key": ('print(df["customer_id"].nunique())', "FM215"),
    "the key among others": ('X = df[["customer_id", "age"]]', "FM215"),
    "no column names": (
        "from sklearn.datasets import load_iris\nX, y = load_iris(return_X_y=True)",
        "FM215",
    ),
}


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING)
def test_nothing_is_said_of(body: str) -> None:
    assert said(f"{body}\n{FIT}") == []


@pytest.mark.parametrize(("body", "code"), LEFT.values(), ids=LEFT)
def test_is_left(body: str, code: str) -> None:
    conversion = converted(f"{body}\n{FIT}")
    codes = {found.code for site in conversion.unresolved for found in site.diagnostics}
    assert codes == {code}
    assert f"# fedmigrate: {code} " in conversion.text


@pytest.mark.parametrize(("body", "code"), LEFT.values(), ids=LEFT)
def test_horizontally_none_of_this_is_said(body: str, code: str) -> None:
    conversion = convert(Source("train.py", f"{HEAD}{body}\n{FIT}"), Options())
    assert {found.code for found in conversion.plan.diagnostics}.isdisjoint(
        {"FM141", "FM142", "FM143", code}
    )


def test_columns_that_nobody_places_are_noted_only() -> None:
    body = f'X["ratio"] = X["age"] / X["visits"]\n{FIT}'
    assert said(body, columns=()) == ["1 FM142"]
    assert converted(body, columns=()).unresolved == ()
    assert converted(body, columns=()).text.count("fedmigrate:") == 0


def test_a_column_and_the_label_may_be_of_one_party() -> None:
    assert said(f'X["per"] = X["visits"] / y\n{FIT}', columns=()) == ["1 FM142"]


def test_the_key_as_a_feature_is_noted() -> None:
    kept = HEAD.replace('"customer_id", ', "") + FIT
    options = converted(FIT).plan.options
    codes = [found.code for found in convert(Source("t.py", kept), options).plan.diagnostics]
    assert codes.count("FM143") == 1
    by_name = kept.replace('df.drop(columns=["spent"])', 'df[["age", "visits"]]')
    plan = convert(Source("t.py", by_name), options).plan
    assert "FM143" not in {found.code for found in plan.diagnostics}


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (', index_col="customer_id"', True),
        (", index_col=0", True),
        (', usecols=["age", "spent"]', True),
        (', usecols=["customer_id", "age", "spent"]', False),
        (", index_col=None", False),
    ],
)
def test_a_loader_has_to_give_the_key(arguments: str, missing: bool) -> None:
    text = (HEAD + FIT).replace('"customers.csv"', f'"customers.csv"{arguments}')
    conversion = convert(Source("t.py", text), converted(FIT).plan.options)
    codes = [found.code for found in conversion.plan.diagnostics]
    assert ("FM215" in codes) is missing
    assert (".align(" in conversion.text) is not missing


def test_a_split_by_label_is_told_and_one_by_another_column_is_left() -> None:
    split = "from sklearn.model_selection import train_test_split\n"
    by_label = split + "parts = train_test_split(X, y, stratify=y, random_state=0)\n" + FIT
    reasons = [
        found.facts["reason"]
        for found in converted(by_label).plan.diagnostics
        if found.code == "FM141"
    ]
    assert "which rows a stratified split has chosen to all parties" in reasons
    assert said(by_label.replace("=y,", '=X["age"],')) == ["2 FM212"]


def test_a_joined_table_is_one_finding() -> None:
    body = 'X = pd.merge(X, pd.read_csv("visits.csv"), on="customer_id")\n' + FIT
    operations = [site for site in converted(body).plan.sites if site.kind is SiteKind.OPERATION]
    assert [len(site.diagnostics) for site in operations] == [1]
    assert operations[0].verdict is Verdict.LEFT
