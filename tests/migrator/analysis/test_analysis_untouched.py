"""Scripts in which nothing may be converted, each for its own reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

NO_SITES = {
    "empty": "",
    "comment-only": "# from sklearn.linear_model import Ridge; Ridge().fit(X, y)\n",
    "text-in-a-string": 'code = "Ridge().fit(X, y)"\n',
    "data-written-in-the-script": """
import numpy as np
from sklearn.linear_model import LinearRegression
X = np.array([[1, 1], [1, 2], [2, 2]])
y = np.dot(X, np.array([1, 2])) + 3
reg = LinearRegression().fit(X, y)
print(reg.predict(np.array([[3, 5]])), X[0])
""",
    "random-data-made-in-the-script": """
import numpy as np
from sklearn.linear_model import Ridge
rng = np.random.RandomState(0)
X = rng.randn(10, 5)
y = rng.randn(10)
Ridge().fit(X, y)
""",
    "literal-frame": """
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
Ridge().fit(df[["a"]], df["b"])
""",
    "already-converted": """
import pandas as pd
from fedruntime import FLModel, init
from sklearn.linear_model import Ridge
df = pd.read_csv("x.csv")
Ridge().fit(df[["a"]], df["b"])
""",
    "rows-loaded-but-never-fitted": """
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("x.csv")
print(df.head())
df.to_csv("y.csv")
""",
    "estimator-never-fitted": """
from sklearn.linear_model import Ridge
model = Ridge()
print(model)
""",
    "split-without-a-fit": """
import pandas as pd
from sklearn.model_selection import train_test_split
a, b = train_test_split(pd.read_csv("x.csv"))
a.to_csv("a.csv")
""",
    "metric-on-literals": """
from sklearn.metrics import accuracy_score
print(accuracy_score([0, 1], [1, 1]))
""",
    "attribute-fit-that-is-not-called": """
from sklearn.linear_model import Ridge
print(Ridge.fit.__doc__)
""",
}


@pytest.mark.parametrize("text", NO_SITES.values(), ids=NO_SITES.keys())
def test_nothing_is_converted_or_left(decide: Callable[[str], list[str]], text: str) -> None:
    assert [site for site in decide(text) if " estimator public " not in site] == []


def test_a_fit_on_data_of_the_script_itself_gets_a_verdict(
    decide: Callable[[str], list[str]],
) -> None:
    text = "from sklearn.linear_model import Ridge\nRidge().fit([[0.0], [1.0]], [0.0, 1.0])\n"
    assert decide(text) == ["2 estimator public sklearn.linear_model.Ridge"]


FOREIGN = {
    "keras": (
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras.models import Sequential
df = pd.read_csv("x.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["a"]], df["b"])
model = Sequential()
model.fit(X_train, y_train, epochs=3)
""",
        ["8 estimator foreign tensorflow.keras.models.Sequential"],
    ),
    "xgboost": (
        """
import xgboost as xgb
import pandas as pd
df = pd.read_csv("x.csv")
xgb.XGBClassifier().fit(df[["a"]], df["b"])
""",
        ["5 estimator foreign xgboost.XGBClassifier"],
    ),
    "pyspark-class-of-the-same-name": (
        """
from pyspark.ml.classification import LogisticRegression
import pandas as pd
df = pd.read_csv("x.csv")
LogisticRegression().fit(df)
""",
        ["5 estimator foreign pyspark.ml.classification.LogisticRegression"],
    ),
    "class-of-the-same-name-from-a-module-of-ones-own": (
        """
from mylib import LogisticRegression
import pandas as pd
df = pd.read_csv("x.csv")
LogisticRegression().fit(df[["a"]], df["b"])
""",
        ["5 estimator foreign mylib.LogisticRegression"],
    ),
    "relative-import": (
        """
from .models import Ridge
import pandas as pd
df = pd.read_csv("x.csv")
Ridge().fit(df[["a"]], df["b"])
""",
        ["5 estimator foreign .models.Ridge"],
    ),
    "class-of-the-same-name-in-the-script": (
        """
import pandas as pd
class LogisticRegression:
    def fit(self, X, y):
        self.w = X.mean()
df = pd.read_csv("x.csv")
LogisticRegression().fit(df[["a"]], df["b"])
""",
        ["7 estimator foreign LogisticRegression"],
    ),
    "name-bound-again-to-another-library": (
        """
from sklearn.linear_model import LinearRegression
from cuml import LinearRegression
import pandas as pd
df = pd.read_csv("x.csv")
LinearRegression().fit(df[["a"]], df["b"])
""",
        ["6 estimator foreign cuml.LinearRegression"],
    ),
    "torch-module": (
        """
import torch
class Net(torch.nn.Module):
    def fit(self, X):
        return self
Net().fit([1])
""",
        ["6 estimator foreign Net"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), FOREIGN.values(), ids=FOREIGN.keys())
def test_other_libraries_are_left_alone(
    decide: Callable[[str], list[str]], text: str, expected: list[str]
) -> None:
    assert decide(text) == expected


LOAD = 'import pandas as pd\ndf = pd.read_csv("x.csv")\nX, y = df[["a", "b"]], df["t"]\n'

LEFT = {
    "nearest-neighbours-are-refused": (
        "from sklearn.neighbors import KNeighborsClassifier\nKNeighborsClassifier().fit(X, y)",
        "5 estimator left sklearn.neighbors.KNeighborsClassifier FM201",
    ),
    "kernel-machines-are-refused": (
        "from sklearn import svm\nclf = svm.NuSVC(nu=0.2)\nclf.fit(X, y)",
        "5 estimator left sklearn.svm.NuSVC FM201",
    ),
    "a-default-may-be-what-is-refused": (
        "from sklearn import svm\nclf = svm.SVC(C=2)\nclf.fit(X, y)",
        "5 estimator left sklearn.svm.SVC FM203",
    ),
    "not-supported-yet": (
        "from sklearn.neural_network import BernoulliRBM as NN\nNN().fit(X, y)",
        "5 estimator left sklearn.neural_network.BernoulliRBM FM202",
    ),
    "class-not-supported-yet": (
        "from sklearn.neural_network import BernoulliRBM\nBernoulliRBM(random_state=0).fit(X, y)",
        "5 estimator left sklearn.neural_network.BernoulliRBM FM202",
    ),
    "option-not-supported": (
        "from sklearn.decomposition import NMF\nNMF(2, init='custom').fit(X)",
        "5 estimator left sklearn.decomposition.NMF FM203",
    ),
    "parameter-by-position": (
        "from sklearn.kernel_approximation import Nystroem\nNystroem('precomputed').fit(X)",
        "5 estimator left sklearn.kernel_approximation.Nystroem FM203",
    ),
    "parameter-through-a-name": (
        "from sklearn.decomposition import NMF\nhow = 'custom'\nNMF(init=how).fit(X)",
        "6 estimator left sklearn.decomposition.NMF FM203",
    ),
    "parameter-through-a-dictionary": (
        "from sklearn.decomposition import NMF\nkw = {'init': 'custom'}\nNMF(**kw).fit(X)",
        "6 estimator left sklearn.decomposition.NMF FM203",
    ),
    "parameter-set-later": (
        "from sklearn.decomposition import NMF\nm = NMF()\nm.set_params(init='custom')\nm.fit(X)",
        "5 estimator left sklearn.decomposition.NMF FM203",
    ),
    "parameter-set-as-an-attribute": (
        "from sklearn.decomposition import NMF\nm = NMF()\nm.init = 'custom'\nm.fit(X)",
        "5 estimator left sklearn.decomposition.NMF FM203",
    ),
    "pipeline-with-a-refused-step": (
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\nfrom sklearn.svm import NuSVC\n"
        "make_pipeline(StandardScaler(), NuSVC()).fit(X, y)",
        "7 estimator left sklearn.pipeline.Pipeline FM201",
    ),
    "pipeline-with-a-step-of-another-library": (
        "from sklearn.pipeline import Pipeline\nfrom xgboost import XGBClassifier\n"
        "Pipeline([('m', XGBClassifier())]).fit(X, y)",
        "6 estimator left sklearn.pipeline.Pipeline FM202",
    ),
    "pipeline-with-an-unknown-step": (
        "from sklearn.pipeline import Pipeline\nimport joblib\n"
        "Pipeline([('m', joblib.load('m'))]).fit(X, y)",
        "6 estimator left sklearn.pipeline.Pipeline FM204",
    ),
    "subclass-in-the-script": (
        "from sklearn.linear_model import Ridge\nclass Mine(Ridge):\n    pass\nMine().fit(X, y)",
        "7 estimator left Mine FM208",
    ),
    "subclass-of-a-subclass": (
        "from sklearn.base import BaseEstimator\nclass A(BaseEstimator):\n    pass\n"
        "class B(A):\n    pass\nB().fit(X, y)",
        "9 estimator left B FM208",
    ),
    "class-chosen-in-a-loop-with-a-refused-one": (
        "from sklearn.linear_model import Ridge\nfrom sklearn.svm import SVR\n"
        "for cls in (Ridge, SVR):\n    cls().fit(X, y)",
        "7 estimator left sklearn.svm.SVR FM203",
    ),
    "class-imported-from-one-of-two-libraries": (
        "try:\n    from cuml import Ridge\nexcept ImportError:\n"
        "    from sklearn.linear_model import Ridge\nRidge()\nm = Ridge()\nm.fit(X, y)",
        "9 estimator left sklearn.linear_model.Ridge FM204",
    ),
    "constructed-in-an-f-string": (
        "from sklearn.linear_model import Ridge\nprint(f'{Ridge().fit(X, y).coef_}')",
        "5 estimator left sklearn.linear_model.Ridge FM210",
    ),
}


@pytest.mark.parametrize(("rest", "expected"), LEFT.values(), ids=LEFT.keys())
def test_estimators_are_left_with_a_reason(
    decide: Callable[[str], list[str]], rest: str, expected: str
) -> None:
    sites = decide(LOAD + rest)
    assert expected in sites
    assert not [site for site in sites if "estimator converted" in site]


UNTRACED = {
    "receiver-is-a-parameter": (
        "import sklearn\ndef train(model, X, y):\n    model.fit(X, y)\n",
        "3 estimator left ? FM204",
    ),
    "receiver-is-loaded": (
        "import joblib, sklearn\nX = joblib.load('x')\njoblib.load('m').fit(X)\n",
        "3 estimator left ? FM204",
    ),
    "data-is-a-parameter": (
        "from sklearn.linear_model import Ridge\ndef train(X, y):\n    return Ridge().fit(X, y)\n",
        "3 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "data-comes-from-another-file": (
        "from sklearn.linear_model import Ridge\nfrom mydata import X, y\nRidge().fit(X, y)\n",
        "3 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "data-comes-from-a-database": (
        "from sklearn.linear_model import Ridge\nimport pandas as pd\n"
        "df = pd.read_sql('q', con)\nRidge().fit(df[['a']], df['b'])\n",
        "4 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "data-comes-in-chunks": (
        "from sklearn.linear_model import Ridge\nimport pandas as pd\n"
        "for df in pd.read_csv('x', chunksize=10):\n    Ridge().fit(df[['a']], df['b'])\n",
        "4 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "data-comes-from-the-csv-module": (
        "from sklearn.linear_model import Ridge\nimport csv\n"
        "rows = list(csv.reader(open('x')))\nRidge().fit(rows, rows)\n",
        "4 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "one-estimator-on-rows-and-on-public-data": (
        "from sklearn.linear_model import Ridge\nimport numpy as np\nimport pandas as pd\n"
        "df = pd.read_csv('x')\nm = Ridge()\nm.fit(df[['a']], df['b'])\nm.fit(np.ones((2, 1)), "
        "[1, 2])\n",
        "5 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "data-only-on-one-branch": (
        "from sklearn.linear_model import Ridge\nimport pandas as pd\nimport mine\n"
        "if flag:\n    df = pd.read_csv('x')\nelse:\n    df = mine.load()\n"
        "Ridge().fit(df[['a']], df['b'])\n",
        "8 estimator left sklearn.linear_model.Ridge FM209",
    ),
    "getattr-with-a-name-known-at-run-time": (
        "from sklearn import linear_model\nimport pandas as pd\nimport sys\n"
        "df = pd.read_csv('x')\nm = getattr(linear_model, sys.argv[1])()\n"
        "m.fit(df[['a']], df['b'])\nlinear_model.Ridge().fit(df[['a']], df['b'])\n",
        "5 operation left getattr FM207",
    ),
}


@pytest.mark.parametrize(("text", "expected"), UNTRACED.values(), ids=UNTRACED.keys())
def test_what_cannot_be_traced_is_said_and_left(
    decide: Callable[[str], list[str]], text: str, expected: str
) -> None:
    assert expected in decide(text)


USES = {
    "printed": ("print(X)", "reveal left X FM301"),
    "printed-through-str": ("s = str(y)", "reveal left y FM301"),
    "printed-in-an-f-string": ("m = f'{y}'", "reveal left y FM301"),
    "printed-with-percent": ("m = '%s' % y", "reveal left string formatting FM301"),
    "logged": ("import logging\nlogging.info('x', X)", "reveal left logging.info FM301"),
    "predictions-printed": ("print(model.predict(X))", "reveal left model.predict(...) FM301"),
    "head": ("df.head()", "reveal left df.head FM301"),
    "plotted": (
        "import matplotlib.pyplot as plt\nplt.scatter(X['a'], y)",
        "reveal left matplotlib FM302",
    ),
    "plotted-on-axes": (
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot(y)",
        "reveal left matplotlib FM302",
    ),
    "plotted-by-pandas": ("df.hist()", "reveal left pandas FM302"),
    "written": ("df.to_csv('out.csv')", "reveal left df.to_csv FM303"),
    "pickled": ("import joblib\njoblib.dump(X, 'x')", "reveal left joblib.dump(...) FM303"),
    "saved-by-numpy": ("import numpy as np\nnp.save('x', X)", "reveal left np.save(...) FM303"),
    "single-row": ("X.iloc[0]", "reveal left X.iloc[...] FM304"),
    "single-row-of-an-array": ("X.values[0]", "reveal left X.values[...] FM304"),
    "single-rows-by-a-counter": (
        "for i in range(len(X)):\n    X.iloc[i]",
        "reveal left X.iloc[...] FM304",
    ),
    "iterated": ("for row in X:\n    pass", "reveal left X FM304"),
    "zipped": ("for a, b in zip(X, y):\n    pass", "reveal left X FM304"),
    "made-a-list": ("list(y)", "reveal left list(...) FM304"),
    "made-an-array": (
        "import numpy as np\nnp.asarray(X)",
        "reveal left np.asarray(...) FM304",
    ),
    "given-to-another-library": (
        "import shap\nshap.Explainer(model, X)",
        "reveal left shap FM305",
    ),
    "given-to-a-function-of-another-file": (
        "from mylib import clean\nclean(X)",
        "reveal left mylib FM305",
    ),
    "fitted-by-another-library": (
        "import xgboost\nxgboost.XGBRegressor().fit(X, y)",
        "estimator left xgboost.XGBRegressor FM305",
    ),
    "ordered-in-groups": ("df.groupby('a')['b'].shift()", "operation left groupby.shift FM205"),
    "turned-by-pandas": ("pd.melt(df)", "operation left pandas.melt FM205"),
    "merged-with-rows": (
        "pd.merge(df, df, on='a')",
        "operation left pandas.merge of rows with rows FM205",
    ),
    "sparse-one-hot": (
        "pd.get_dummies(df, sparse=True)",
        "operation left pandas.get_dummies(sparse=True) FM205",
    ),
    "filled-from-the-row-above": (
        "df.fillna(method='ffill')",
        "operation left DataFrame.fillna(method='ffill') FM205",
    ),
    "ranked": (
        "df.corr(method='spearman')",
        "operation left DataFrame.corr(method='spearman') FM205",
    ),
    "row-labels-printed": ("print(df.index)", "reveal left df.index FM301"),
    "entry-set": ("df.iloc[0, 0] = 1", "operation left assignment to single entries FM205"),
    "chained-assignment": (
        "df['a'][df['b'] > 1] = 0",
        "operation left assignment to single entries FM205",
    ),
    "part-of-an-array-changed-in-place": (
        "a = X.values\nb = a[:, 1:]\nb -= 1",
        "operation left in-place change of a part of an array FM205",
    ),
    "written-into-a-public-array": (
        "import numpy as np\nZ = np.zeros((3, 2))\nZ[:, 0] = y",
        "operation left assignment into a public array FM205",
    ),
    "vector-product-over-rows": ("X.T @ y", "reveal left X.T FM304"),
    "sklearn-function-without-counterpart": (
        "from sklearn.utils.extmath import row_norms\nrow_norms(X)",
        "function left sklearn.utils.extmath.row_norms FM206",
    ),
    "display-from-an-estimator": (
        "from sklearn.metrics import PredictionErrorDisplay as P\nP.from_estimator(model, X, y)",
        "reveal left scikit-learn FM302",
    ),
    "folds-without-counterpart": (
        "from sklearn.model_selection import LeaveOneOut\n"
        "for a, b in LeaveOneOut().split(X):\n    pass",
        "function left sklearn.model_selection.LeaveOneOut FM206",
    ),
    "cross-validation-of-a-refused-estimator": (
        "from sklearn.model_selection import cross_val_score\nfrom sklearn.svm import NuSVR\n"
        "cross_val_score(NuSVR(), X, y)",
        "function left sklearn.model_selection.cross_val_score FM201",
    ),
    "cross-validation-of-something-unknown": (
        "from sklearn.model_selection import cross_val_score\nimport joblib\n"
        "cross_val_score(joblib.load('m'), X, y)",
        "function left sklearn.model_selection.cross_val_score FM204",
    ),
}

FITTED = LOAD + "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)\n"


@pytest.mark.parametrize(("use", "expected"), USES.values(), ids=USES.keys())
def test_uses_of_federated_rows_are_left(
    decide: Callable[[str], list[str]], use: str, expected: str
) -> None:
    found = decide(FITTED + use + "\n")
    assert expected in [site.partition(" ")[2] for site in found]
    assert "5 estimator converted sklearn.linear_model.Ridge" in found


@pytest.mark.parametrize(("use", "expected"), USES.values(), ids=USES.keys())
def test_the_same_uses_of_public_data_are_silent(
    decide: Callable[[str], list[str]], use: str, expected: str
) -> None:
    public = FITTED.replace('pd.read_csv("x.csv")', "pd.DataFrame({'a': [1], 'b': [2], 't': [3]})")
    found = [site for site in decide(public + use + "\n") if " left " in site]
    assert [site for site in found if "FM204" not in site] == []


def test_nothing_of_the_data_or_of_strings_gets_into_facts() -> None:
    from fedmigrate.analysis import analyse
    from fedmigrate.source import Source

    text = FITTED + "print(df['secret-name']['secret-row'], f'secret-text {y}')\nX.iloc[4242]\n"
    facts = repr([d.facts for s in analyse(Source("s.py", text)).sites for d in s.diagnostics])
    assert "secret" not in facts
    assert "4242" not in facts
