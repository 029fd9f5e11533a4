"""Scripts that are converted, in every shape a fit, a source or a function takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedmigrate.analysis import analyse
from fedmigrate.plan import Exactness
from fedmigrate.source import Source

LOAD = 'import pandas as pd\ndf = pd.read_csv("x.csv")\nX, y = df[["a", "b"]], df["t"]\n'
SOURCE = "2 source converted pandas.read_csv"

LR = "sklearn.linear_model.LogisticRegression"
RIDGE = "sklearn.linear_model.Ridge"
OLS = "sklearn.linear_model.LinearRegression"

SHAPES = {
    "from-import": (
        "from sklearn.linear_model import Ridge\nm = Ridge()\nm.fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "alias": (
        "import sklearn.linear_model as lm\nm = lm.Ridge()\nm.fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "whole-package": (
        "import sklearn.linear_model\nsklearn.linear_model.Ridge().fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "private-path": (
        "from sklearn.linear_model._logistic import LogisticRegression as L\nL().fit(X, y)",
        [f"5 estimator converted {LR}"],
    ),
    "star-import": (
        "from sklearn.linear_model import *\nRidge().fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "chained": (
        "from sklearn.linear_model import Ridge\nprint(Ridge(2).fit(X, y).coef_)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "keywords-of-fit": (
        "from sklearn.linear_model import Ridge\nRidge().fit(X=X, y=y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "name-bound-to-several-estimators": (
        "from sklearn.linear_model import *\nm = Ridge()\nm.fit(X, y)\n"
        "m = LinearRegression()\nm.fit(X, y)",
        [f"5 estimator converted {RIDGE}", f"7 estimator converted {OLS}"],
    ),
    "receiver-fitted-again": (
        "from sklearn.linear_model import Ridge\nm = Ridge()\nm.fit(X, y)\nm.fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "either-of-two": (
        "from sklearn.linear_model import *\nm = Ridge() if flag else LinearRegression()\n"
        "m.fit(X, y)",
        [f"5 estimator converted {RIDGE}", f"5 estimator converted {OLS}"],
    ),
    "branches": (
        "from sklearn.linear_model import *\nif flag:\n    m = Ridge()\nelse:\n"
        "    m = LinearRegression()\nm.fit(X, y)",
        [f"6 estimator converted {RIDGE}", f"8 estimator converted {OLS}"],
    ),
    "none-first": (
        "from sklearn.linear_model import Ridge\nm = None\nif flag:\n    m = Ridge()\nm.fit(X, y)",
        [f"7 estimator converted {RIDGE}"],
    ),
    "list": (
        "from sklearn.linear_model import *\nfor m in [Ridge(), LinearRegression()]:\n"
        "    m.fit(X, y)",
        [f"5 estimator converted {RIDGE}", f"5 estimator converted {OLS}"],
    ),
    "list-of-pairs": (
        "from sklearn.linear_model import *\n"
        "for name, m in [('r', Ridge()), ('l', LinearRegression())]:\n    m.fit(X, y)",
        [f"5 estimator converted {RIDGE}", f"5 estimator converted {OLS}"],
    ),
    "list-grown": (
        "from sklearn.linear_model import *\nms = []\nms.append(('r', Ridge()))\n"
        "for _, m in ms:\n    m.fit(X, y)",
        [f"6 estimator converted {RIDGE}"],
    ),
    "dictionary-items": (
        "from sklearn.linear_model import *\nms = {'r': Ridge()}\nms['l'] = LinearRegression()\n"
        "for name, m in ms.items():\n    m.fit(X, y)",
        [f"5 estimator converted {RIDGE}", f"6 estimator converted {OLS}"],
    ),
    "dictionary-by-key": (
        "from sklearn.linear_model import *\nms = dict(r=Ridge())\nfor k in ms:\n"
        "    ms[k].fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "zip": (
        "from sklearn.linear_model import *\nfor n, m in zip(['r'], [Ridge()]):\n    m.fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "enumerate": (
        "from sklearn.linear_model import *\nfor i, m in enumerate((Ridge(),)):\n    m.fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "comprehension": (
        "from sklearn.linear_model import *\nms = [Ridge(a) for a in (1, 2)]\n"
        "fits = [m.fit(X, y) for m in ms]",
        [f"5 estimator converted {RIDGE}"],
    ),
    "classes-in-a-loop": (
        "from sklearn.linear_model import *\nfor c in (Ridge, LinearRegression):\n"
        "    c().fit(X, y)",
        [f"6 estimator converted {RIDGE}"],
    ),
    "walrus": (
        "from sklearn.linear_model import Ridge\nif (m := Ridge()):\n    m.fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "model-passed-to-a-function": (
        "from sklearn.linear_model import Ridge\ndef train(model, a, b):\n"
        "    model.fit(a, b)\n    return model\nm = train(Ridge(), X, y)",
        [f"8 estimator converted {RIDGE}"],
    ),
    "model-made-by-a-function": (
        "from sklearn.linear_model import Ridge\ndef make(alpha=1):\n    return Ridge(alpha)\n"
        "make().fit(X, y)",
        [f"6 estimator converted {RIDGE}"],
    ),
    "lambda": (
        "from sklearn.linear_model import Ridge\nmake = lambda: Ridge()\nmake().fit(X, y)",
        [f"5 estimator converted {RIDGE}"],
    ),
    "global-data-in-a-function": (
        "from sklearn.linear_model import Ridge\ndef main():\n    Ridge().fit(X, y)\n"
        "if __name__ == '__main__':\n    main()",
        [f"6 estimator converted {RIDGE}"],
    ),
    "attribute-receiver": (
        "from sklearn.linear_model import Ridge\nclass T:\n    def __init__(self):\n"
        "        self.model = Ridge()\n    def train(self, a, b):\n"
        "        self.model.fit(a, b)\nT().train(X, y)",
        [f"7 estimator converted {RIDGE}"],
    ),
    "data-in-attributes": (
        "from sklearn.linear_model import Ridge\nclass T:\n    def load(self):\n"
        "        self.X = X\n    def train(self):\n        Ridge().fit(self.X, y)\n"
        "t = T()\nt.load()\nt.train()",
        [f"9 estimator converted {RIDGE}"],
    ),
    "with-and-try": (
        "from sklearn.linear_model import Ridge\ntry:\n    with open('f') as f:\n"
        "        m = Ridge()\nexcept OSError:\n    raise\nm.fit(X, y)",
        [f"7 estimator converted {RIDGE}"],
    ),
    "clone": (
        "from sklearn.base import clone\nfrom sklearn.linear_model import Ridge\n"
        "m = clone(Ridge())\nm.fit(X, y)",
        [f"6 estimator converted {RIDGE}"],
    ),
    "argparse-constants": (
        "import argparse\nfrom sklearn.linear_model import LogisticRegression\n"
        "args = argparse.ArgumentParser().parse_args()\n"
        "LogisticRegression(C=args.C, solver=args.solver).fit(X, y)",
        [f"7 estimator converted {LR}"],
    ),
    "pipeline": (
        "from sklearn.linear_model import Ridge\nfrom sklearn.pipeline import Pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "p = Pipeline([('s', StandardScaler()), ('m', Ridge())])\np.fit(X, y)",
        ["7 estimator converted sklearn.pipeline.Pipeline"],
    ),
    "pipeline-with-a-step-passed-through": (
        "from sklearn.linear_model import Ridge\nfrom sklearn.pipeline import Pipeline\n"
        "Pipeline(steps=[('s', 'passthrough'), ('m', Ridge())]).fit(X, y)",
        ["6 estimator converted sklearn.pipeline.Pipeline"],
    ),
    "column-transformer-with-columns-known-at-run-time": (
        "from sklearn.compose import ColumnTransformer\n"
        "from sklearn.preprocessing import StandardScaler\nimport mine\n"
        "c = ColumnTransformer([('s', StandardScaler(), mine.columns)])\nc.fit(X)",
        ["7 estimator converted sklearn.compose.ColumnTransformer"],
    ),
    "make-column-transformer-in-make-pipeline": (
        "from sklearn.compose import make_column_transformer as mct\n"
        "from sklearn.linear_model import Ridge\nfrom sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import OneHotEncoder\n"
        "make_pipeline(mct((OneHotEncoder(), ['a'])), Ridge()).fit(X, y)",
        ["8 estimator converted sklearn.pipeline.Pipeline"],
    ),
    "search-and-its-best-estimator": (
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import GridSearchCV\n"
        "g = GridSearchCV(LogisticRegression(), {'C': [1, 2]}, cv=3)\ng.fit(X, y)\n"
        "b = g.best_estimator_\np = b.predict(X)\nZ = p * 2\nb.fit(X, y)",
        ["6 estimator converted sklearn.model_selection.GridSearchCV"],
    ),
    "steps-of-a-fitted-pipeline": (
        "from sklearn.linear_model import Ridge\nfrom sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "p = make_pipeline(StandardScaler(), Ridge()).fit(X, y)\n"
        "Z = p[:-1].transform(X) + p.named_steps['standardscaler'].transform(X)\nZ.mean()",
        ["7 estimator converted sklearn.pipeline.Pipeline"],
    ),
    "labels-of-clusters": (
        "from sklearn.cluster import KMeans\nkm = KMeans(n_clusters=3, random_state=0)\n"
        "km.fit(X)\nX['cluster'] = km.labels_\nlen(km.cluster_centers_)",
        ["5 estimator converted sklearn.cluster.KMeans FM102"],
    ),
    "estimators-in-a-stack": (
        "from sklearn.ensemble import StackingClassifier\n"
        "from sklearn.linear_model import LogisticRegression, LogisticRegressionCV\n"
        "parts = [('a', LogisticRegression()), ('b', LogisticRegressionCV())]\n"
        "StackingClassifier(estimators=parts, final_estimator=LogisticRegression()).fit(X, y)",
        ["7 estimator converted sklearn.ensemble.StackingClassifier"],
    ),
    "default-estimator-is-part-of-it": (
        "from sklearn.calibration import CalibratedClassifierCV\n"
        "CalibratedClassifierCV(cv=3).fit(X, y)",
        ["5 estimator converted sklearn.calibration.CalibratedClassifierCV FM101"],
    ),
    "values-permuted-within-parties": (
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import permutation_test_score, learning_curve\n"
        "permutation_test_score(Ridge(), X, y)\nlearning_curve(Ridge(), X, y)",
        [
            "6 function converted sklearn.model_selection.permutation_test_score FM102",
            "7 function converted sklearn.model_selection.learning_curve",
        ],
    ),
    "transformers-and-row-local-steps": (
        "import numpy as np\nfrom sklearn.linear_model import Ridge\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "Z = np.log(X / 255).fillna(0).values\ns = StandardScaler()\nZ = s.fit_transform(Z)\n"
        "Ridge().fit(Z[:100], y[:100])\nprint(Z.shape, Z.mean(axis=0), np.unique(y), len(Z))",
        [
            "8 estimator converted sklearn.preprocessing.StandardScaler",
            f"10 estimator converted {RIDGE}",
        ],
    ),
    "columns-and-masks-set": (
        "from sklearn.linear_model import Ridge\ndf['c'] = df['a'] * 2\n"
        "df.loc[df['a'] > 1, 'b'] = 0\ndf.drop('b', axis=1, inplace=True)\n"
        "Ridge().fit(df[['c']], y)",
        [f"8 estimator converted {RIDGE}"],
    ),
    "folds": (
        "from sklearn.linear_model import Ridge\nfrom sklearn.model_selection import KFold\n"
        "kf = KFold(5)\nfor a, b in kf.split(X):\n    Ridge().fit(X.iloc[a], y.iloc[a])",
        [
            "6 function converted sklearn.model_selection.KFold",
            f"8 estimator converted {RIDGE}",
        ],
    ),
    "cross-validation-only": (
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import StratifiedKFold, cross_val_score\n"
        "print(cross_val_score(Ridge(), X, y, cv=StratifiedKFold(3)).mean())",
        [
            "6 function converted sklearn.model_selection.cross_val_score",
            "6 function converted sklearn.model_selection.StratifiedKFold",
        ],
    ),
    "metrics-in-an-f-string": (
        "from sklearn import metrics\nfrom sklearn.linear_model import Ridge\n"
        "from sklearn.metrics import r2_score\np = Ridge().fit(X, y).predict(X)\n"
        "print(f'r2 {r2_score(y, p):.2f} {metrics.mean_squared_error(y, p)}')",
        [
            f"7 estimator converted {RIDGE}",
            "8 function converted sklearn.metrics.r2_score",
            "8 function converted sklearn.metrics.mean_squared_error",
        ],
    ),
    "metric-named-in-full-in-an-f-string": (
        "import sklearn.metrics\nfrom sklearn.linear_model import Ridge\n"
        "p = Ridge().fit(X, y).predict(X)\nprint(f'{sklearn.metrics.r2_score(y, p)}')",
        [
            f"6 estimator converted {RIDGE}",
            "7 function left sklearn.metrics.r2_score FM210",
        ],
    ),
    "metric-passed-around": (
        "from sklearn.linear_model import Ridge\nfrom sklearn.metrics import r2_score\n"
        "m = Ridge().fit(X, y)\nfor name, metric in [('r2', r2_score)]:\n"
        "    print(name, metric(y, m.predict(X)))",
        [f"6 estimator converted {RIDGE}", "7 function converted sklearn.metrics.r2_score"],
    ),
    "public-sample-predicted": (
        "from sklearn.linear_model import Ridge\nm = Ridge().fit(X, y)\n"
        "print(m.predict([[1, 2]]), m.score(X, y), m.coef_[0])",
        [f"5 estimator converted {RIDGE}"],
    ),
}


@pytest.mark.parametrize(("rest", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_shapes_of_code(decide: Callable[[str], list[str]], rest: str, expected: list[str]) -> None:
    assert decide(LOAD + rest + "\n") == [SOURCE, *expected]


FIT = "from sklearn.linear_model import Ridge\nRidge().fit(X, y)\n"

SOURCES = {
    "read_parquet": ("import pandas\ndf = pandas.read_parquet('x')", "pandas.read_parquet"),
    "loader-by-name": ("from pandas import read_json\ndf = read_json('x')", "pandas.read_json"),
    "variable-path": ("import pandas as pd\np = 'x'\ndf = pd.read_csv(p)", "pandas.read_csv"),
    "chained-loader": (
        "import pandas as pd\ndf = pd.read_csv('x').dropna()",
        "pandas.read_csv",
    ),
}


@pytest.mark.parametrize(("load", "name"), SOURCES.values(), ids=SOURCES.keys())
def test_frame_sources(decide: Callable[[str], list[str]], load: str, name: str) -> None:
    found = decide(f"{load}\nX, y = df.drop(columns='t'), df['t']\n{FIT}")
    assert [site.partition(" ")[2] for site in found] == [
        f"source converted {name}",
        f"estimator converted {RIDGE}",
    ]


DATASETS = {
    "return_X_y": ("X, y = load_iris(return_X_y=True)", 1),
    "as-frame": ("X, y = load_iris(return_X_y=True, as_frame=True)", 1),
    "bunch-attributes": ("d = load_iris()\nX, y = d.data, d.target", 1),
    "bunch-keys": ("d = load_iris()\nX = d['data']\ny = d['target']", 1),
    "bunch-frame": (
        "d = load_iris(as_frame=True)\ndf = d.frame\nX, y = df[['a']], df['target']",
        1,
    ),
    "public-names-of-a-bunch": (
        "d = load_iris()\nX, y = d.data, d.target\nprint(d.feature_names, d['DESCR'])",
        1,
    ),
    "made": ("X, y = make_classification()", 1),
    "two-loaders": ("X = load_iris().data\ny = load_iris().target", 2),
    "loader-of-the-scripts-own": (
        "def load():\n    d = load_iris()\n    return d.data, d.target\nX, y = load()",
        1,
    ),
    "numpy-load": ("import numpy as np\nX = np.load('x.npy')\ny = np.load('y.npy')", 2),
    "numpy-archive": ("import numpy as np\nz = np.load('x.npz')\nX, y = z['X'], z['y']", 1),
    "numpy-text": ("import numpy as np\nd = np.loadtxt('x')\nX, y = d[:, :-1], d[:, -1]", 1),
}


@pytest.mark.parametrize(("load", "count"), DATASETS.values(), ids=DATASETS.keys())
def test_array_sources(decide: Callable[[str], list[str]], load: str, count: int) -> None:
    found = decide(f"{DATASETS_IMPORT}{load}\n{FIT}")
    verdicts = [site.split()[1:3] for site in found]
    assert verdicts == [["source", "converted"]] * count + [["estimator", "converted"]]


DATASETS_IMPORT = "from sklearn.datasets import load_iris, make_classification\n"


def test_a_lookup_table_that_is_never_fitted_on_stays(
    decide: Callable[[str], list[str]],
) -> None:
    text = LOAD + "names = pd.read_csv('names.csv')\nprint(names.head())\n" + FIT
    assert decide(text) == [SOURCE, f"7 estimator converted {RIDGE}"]


def test_exactness_follows_the_parameters() -> None:
    text = LOAD + (
        "from sklearn.linear_model import LogisticRegression as L\n"
        "L().fit(X, y)\nL(solver='saga').fit(X, y)\n"
    )
    first, second = analyse(Source("s.py", text)).sites[1:]
    assert first.exactness is Exactness.EXACT
    assert second.exactness is Exactness.EQUIVALENT
    assert [found.code for found in second.diagnostics] == ["FM101"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (LOAD + FIT, "t"),
        (LOAD + "y = y.map({'a': 1}).values\n" + FIT, "t"),
        (LOAD + "y = df.pop('u')\n" + FIT, "u"),
        (LOAD + "y = df.v\n" + FIT, "v"),
        (LOAD + "y = df.loc[:, 'w']\n" + FIT, "w"),
        (LOAD + "target = 'z'\ny = df[target]\n" + FIT, "z"),
        (LOAD + "y = df.iloc[:, -1]\n" + FIT, None),
        ("from sklearn.datasets import load_iris\nX, y = load_iris(return_X_y=True)\n" + FIT, None),
    ],
    ids=["subscript", "mapped", "pop", "attribute", "loc", "variable", "by-position", "no-frame"],
)
def test_label(text: str, label: str | None) -> None:
    assert analyse(Source("s.py", text)).label == label


def test_spans_are_the_expressions_that_rules_edit() -> None:
    text = (
        "# café ü\nfrom sklearn import metrics\nimport pandas as pd\n"
        "from sklearn.linear_model import (Ridge)\nfrom sklearn.metrics import r2_score\n"
        "é = 'ü'; df = pd.read_csv(\n  'ü.csv')\nm = Ridge(\n    alpha=2)\n"
        "m.fit(df[['a']], df['ü'])\n"
        "print('ü', r2_score(df['ü'], m.predict(df[['a']])), metrics.log_loss(df['b'], df['c']))\n"
    )
    source = Source("s.py", text)
    spans = [text[site.span.start : site.span.end] for site in analyse(source).sites]
    assert spans == [
        "pd.read_csv(\n  'ü.csv')",
        "Ridge(\n    alpha=2)",
        "r2_score",
        "metrics.log_loss",
    ]


def test_positions_are_those_of_the_spans() -> None:
    source = Source("s.py", LOAD + FIT)
    for site in analyse(source).sites:
        assert source.position(site.span.start) == (site.line, site.column)


def test_names_are_identifiers_and_no_words_of_comments() -> None:
    text = "import a.b as c, d.e\n# fed\nx = 'devices'\ndef f(g, *h, **i):\n    global j\n"
    assert analyse(Source("s.py", text)).names == frozenset("cdxfghij")
