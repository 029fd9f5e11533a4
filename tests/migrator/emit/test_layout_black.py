"""Laid out as black does: a statement that black has formatted stays, a longer one breaks alike."""

# ruff: noqa: E501  (statements that are too long are what is tested)
from __future__ import annotations

import black
import pytest

from fedmigrate.layout import reflow

WRAP = "FLModel(device_list=devices, model={}, aggregator=aggregator)"
CONSTRUCTORS = [
    "LogisticRegression()",
    "LogisticRegression(C=0.5)",
    "LogisticRegression(C=0.5, max_iter=500)",
    "LogisticRegression(C=0.5, max_iter=500, class_weight='balanced', random_state=42)",
    "LogisticRegression(C=0.5, max_iter=500,)",
    "linear_model.LogisticRegression(solver=options['solver'], C=grid[0])",
    "make_pipeline(StandardScaler(), SimpleImputer(strategy='median'), LogisticRegression(C=1))",
    "Pipeline([('scale', StandardScaler()), ('model', LogisticRegression(max_iter=1000))])",
    "Pipeline([('a', StandardScaler()), ('b', Ridge())])",
    "Pipeline(steps=[('scale', StandardScaler()), ('model', Ridge(alpha=0.1)),])",
    "models[name]",
    "factory(kind)(alpha)",
    "Ridge(alpha=10**exponent + offset * scale - minimum_value_of_everything)",
    "Ridge(alpha={'small': 0.1, 'large': 10.0}[size])",
    "ColumnTransformer([('n', StandardScaler(), ['a', 'b']), ('c', OneHotEncoder(), ['d'])])",
]
STATEMENTS = [
    "model = {}",
    "self.some_model = {}",
    "first = second = {}",
    "models['linear'] = {}",
    "model, name = {}, 'a name'",
    "models = [{}, {}]",
    "models = {{'one': {}, 'two': {}}}",
    "for model in [{}, {}]:\n    pass",
    "for name, model in (('one', {}), ('two', {})):\n    pass",
    "def f():\n    return {}",
    "model = {}.fit(X_train, y_train)",
    "predicted = {}.fit(X_train, y_train).predict(X_test)",
    "{}.fit(X_train, y_train)",
    "print({}.fit(X_train, y_train).score(X_test, y_test))",
    "print('score', {}.fit(X_train, y_train).score(X_test, y_test))",
    "scores = cross_val_score({}, X, y, cv=5)",
    "if {}.fit(X, y).score(X, y) > 0.5:\n    pass",
    "while not {}.fit(X, y).converged:\n    pass",
    "score = {}.fit(X, y).score(X, y) + 1.0",
    "models = [{} for alpha in alphas]",
    "models = {{name: {} for name, alpha in named_alphas.items() if alpha > 0}}",
    "model = {}  # chosen by cross-validation",
    "model = ({})",
    "class A:\n    def f(self):\n        self.model = {}",
    "total += {}.fit(X, y).n_iter_",
    "assert {}.fit(X, y).score(X, y) > 0.9, 'the score is too low'",
    "@decorated({})\ndef f():\n    pass",
    "model = {} if linear else {}",
    "model = {} if settings.linear and not settings.other_very_long_name else None",
    "model = choose({}, key=lambda m, n: m.score)",
]
LOADS = [
    "df = fed.load(pd.read_csv, 'https://example.org/some/long/path/to/a/file/patients.csv', sep=';')",
    "X_train, y_train = fed.load(load_breast_cancer, return_X_y=True, as_frame=True), other",
    "df = fed.load(pd.read_csv, os.path.join(base, 'patients.csv'), usecols=[1, 2, 3], index_col=0)",
    "df = fed.load(pd.read_csv, DATA_DIR / 'patients_of_all_the_hospitals.csv').dropna().drop_duplicates()",
    "data = fed.load(pd.read_csv, path)[['age', 'bmi', 'blood_pressure', 'cholesterol', 'smoker', 'x']]",
    "a.b['c'].d = fed.load(pd.read_csv, path, names=['age', 'bmi', 'bp', 'chol', 'smoker', 'out'])",
    "x = fed.load(np.loadtxt, 'a') + fed.load(np.loadtxt, 'bbbbbbbbbbbbbbbbbbbbbbbbbb') * fed.load(np.loadtxt, 'c')",
    "from fedruntime.metrics import accuracy_score, confusion_matrix, f1_score, mean_squared_error, r2",
    "from fedruntime.metrics import (accuracy_score, f1_score,)",
    "x['Größe 身長 in Zentimetern'] = fed.load(pd.read_csv, 'Patienten aus Zürich und 東京.csv', sep=';')",
]


def formatted(code: str) -> str:
    return black.format_str(code, mode=black.Mode())


def snippet(shape: str, expression: str) -> str:
    return shape.format(expression, expression).replace("'", '"')


def one_line(code: str) -> str:
    """The statement under test, before it is broken: the snippet's own line."""
    lines = code.split("\n")
    if lines[-1].strip() == "pass":
        return lines[0]
    return lines[-1]


def expected(code: str) -> str:
    """The same statement in the snippet as black formats it."""
    lines = formatted(code).rstrip("\n").split("\n")
    if lines[-1].strip() == "pass":
        body = 2 if "def f():" in lines else 1
        return "\n".join(lines[:-body])
    headers = code.count("\n")
    return "\n".join(lines[headers:])


@pytest.mark.parametrize("constructor", CONSTRUCTORS)
@pytest.mark.parametrize("shape", STATEMENTS)
def test_wrapped_estimators(shape: str, constructor: str) -> None:
    code = snippet(shape, WRAP.format(constructor))
    assert reflow(one_line(code)) == expected(code)


@pytest.mark.parametrize("code", LOADS)
def test_loaded_sources_and_imports(code: str) -> None:
    code = code.replace("'", '"')
    assert reflow(one_line(code)) == expected(code)


@pytest.mark.parametrize("constructor", CONSTRUCTORS)
@pytest.mark.parametrize("shape", STATEMENTS)
def test_what_black_formatted_stays(shape: str, constructor: str) -> None:
    after = expected(snippet(shape, constructor))
    assert reflow(after) == after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = f(\n    a,  # why\n)", id="comment inside of brackets"),
        pytest.param('x = f("""a\nb""")', id="string of several lines"),
        pytest.param("x = f(a) \\\n    + 1", id="continuation"),
        pytest.param("x = 1; y = f(2)", id="two statements"),
        pytest.param("x = f(a)  # fmt: skip", id="layout fixed by the user"),
        pytest.param("x = f(a)  # type: ignore[misc]", id="comment for a type checker"),
        pytest.param("def f(a): pass", id="definition"),
        pytest.param("if x: f(a)", id="body on the line of its header"),
        pytest.param("x = f(a if b else c)", id="conditional expression inside of brackets"),
        pytest.param("with f(a) as b:", id="with"),
        pytest.param("x: int = f(a)", id="annotation"),
    ],
)
def test_other_shapes_are_left_to_their_owner(text: str) -> None:
    assert reflow(text) is None
