"""Estimators and functions in a vertical conversion: what is wrapped, left, and told."""

from __future__ import annotations

import pytest
from vertical_scripts import FIT, HEAD, converted, said

from fedmigrate.plan import Exactness, Plan, SiteKind, Verdict

LEFT = {
    "a forest": (
        "from sklearn.ensemble import RandomForestClassifier as F\nF(random_state=0).fit(X, y)",
        "FM211",
    ),
    "a forest in a pipeline": (
        "from sklearn.ensemble import RandomForestRegressor as F\n"
        "from sklearn.pipeline import make_pipeline\n"
        "make_pipeline(F(random_state=0)).fit(X, y)",
        "FM211",
    ),
    "another solver": ('LogisticRegression(solver="newton-cg").fit(X, y)', "FM203"),
    "neighbours": (
        "from sklearn.neighbors import KNeighborsClassifier\nKNeighborsClassifier().fit(X, y)",
        "FM201",
    ),
    "a score of all columns": (
        f"{FIT}from sklearn.metrics import davies_bouldin_score\nprint(davies_bouldin_score(X, y))",
        "FM211",
    ),
    "a scaling function": (
        f"{FIT}from sklearn.preprocessing import scale\nscale(X)",
        "FM211",
    ),
}


@pytest.mark.parametrize(("body", "code"), LEFT.values(), ids=LEFT)
def test_is_left_where_it_has_no_counterpart(body: str, code: str) -> None:
    conversion = converted(body + "\n")
    (site,) = conversion.unresolved
    assert code in {found.code for found in site.diagnostics}
    assert f"# fedmigrate: {code} " in conversion.text


def test_what_a_fit_reveals_is_told_once_for_each_part() -> None:
    body = (
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)\n"
    )
    told = [found for found in converted(body).plan.diagnostics if found.code == "FM141"]
    assert [found.facts["name"] for found in told] == ["sklearn.linear_model.LogisticRegression"]


def test_what_is_fitted_column_by_column_is_exact_and_reveals_nothing() -> None:
    body = (
        "from sklearn.preprocessing import QuantileTransformer\n"
        "QuantileTransformer(random_state=0).fit(X)\n"
    )
    (site,) = [site for site in converted(body).plan.sites if site.kind is SiteKind.ESTIMATOR]
    assert (site.verdict, site.exactness) == (Verdict.CONVERTED, Exactness.EXACT)
    assert "at the party that has it" in site.reason
    assert site.diagnostics == ()


def test_encoded_labels_scores_and_folds_are_carried() -> None:
    assert (
        said(
            "from sklearn.metrics import accuracy_score\n"
            "from sklearn.model_selection import KFold, cross_val_score, train_test_split\n"
            "from sklearn.preprocessing import LabelEncoder\n"
            "y = LabelEncoder().fit_transform(y)\n"
            "A, B, a, b = train_test_split(X, y, random_state=0)\n"
            "model = LogisticRegression().fit(A, a)\n"
            "print(accuracy_score(b, model.predict(B)))\n"
            "print(cross_val_score(LogisticRegression(), X, y, cv=KFold(3)))\n"
        )
        == []
    )


def test_who_runs_what() -> None:
    conversion = converted(
        'X["visits"] = X["visits"] + 1\n'
        "model = LinearRegression()\n"
        "model.fit(X, y)\n"
        "print(y.mean())\n"
        "print('done')\n"
    )
    first = HEAD.count("\n")
    lines = {
        share.party: (share.role, {line - first for line in share.lines if line > first})
        for share in conversion.plan.shares
    }
    assert lines == {
        "bank": ("label holder", {3, 4}),
        "shop": ("client", {1, 3}),
        "lab": ("client", {3}),
        "coordinator": ("aggregator", {3}),
    }


def test_the_plan_comes_back_from_json() -> None:
    plan = converted(FIT).plan
    assert plan.shares
    assert Plan.from_json(plan.to_json()) == plan
