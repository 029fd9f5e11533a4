"""Recording changes nothing: what a script does, prints and raises is its own."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Bunch

from fedmigrate.source import Source, Span
from fedmigrate.verify.instrument import RECORDER, instrument
from fedmigrate.verify.recorder import Recorder
from fedmigrate.verify.sampling import take_sample
from fedmigrate.verify.snapshot import fitted, flat


def _run(text: str, **names: Any) -> tuple[str, Recorder]:
    recorder = Recorder(None)
    code = compile(instrument(Source("train.py", text)), "train.py", "exec", dont_inherit=True)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, RECORDER, recorder, raising=False)
        exec(code, {"__name__": "__main__", **names})
    return out.getvalue(), recorder


class _Tailor:
    """Fits, and is no estimator."""

    def fit(self, *sizes: int) -> str:
        return f"fits {sizes}"


_SCRIPTS = {
    "docstring and future": '"""Doc."""\nfrom __future__ import annotations\nprint(__doc__)',
    "a fit that is not called": "f = tailor.fit\nprint(f(1), tailor.fit.__name__)",
    "f-string": "print(f'{tailor.fit(1, 2)!r:>20}')",
    "nested": "print(tailor.fit(len(tailor.fit(3))))",
    "name mangling": (
        "class A:\n    __size = 4\n    def go(self):\n        return tailor.fit(self.__size)\n"
        "print(A().go())"
    ),
    "super": (
        "class B(Tailor):\n    def fit(self, *x):\n        return 'B' + super().fit(*x)\n"
        "print(B().fit(1))"
    ),
    "walrus and star": "print((n := 5), tailor.fit(*[n, n]), dict(a=tailor.fit(**{})))",
    "decorator": "def fit(f): return f\n@fit\ndef g(): return tailor.fit()\nprint(g())",
    "scores of one's own": "def accuracy_score(a, b): return a + b\nprint(accuracy_score(1, 2))",
    "lambda": "print((lambda t: t.fit(0))(tailor))",
    "comprehension": "print([t.fit(n) for n in range(3) for t in [tailor]])",
    "assignment expression": "print((t := tailor).fit(1), t.fit(2))",
    "names": "print(sorted(globals()), dir())",
    "annotations": "class A:\n    x: int = 1\nprint(A.__annotations__)",
    "caller": (
        "import sys\nclass C:\n    def fit(self):\n"
        "        return sys._getframe(1).f_code.co_name, sys._getframe(1).f_lineno\n"
        "def go():\n    return C().fit()\nprint(go())"
    ),
    "caught inside an argument": (
        "def attempt():\n    try:\n        tailor.fit(1 / 0)\n"
        "    except ZeroDivisionError:\n        return 7\nprint(tailor.fit(attempt()))"
    ),
    "f-string over lines": 'print(f"""a\n{tailor.fit(\n1)!s:>9}\n{tailor.fit(2)}""" "b")',
}


@pytest.mark.parametrize("text", _SCRIPTS.values(), ids=_SCRIPTS)
def test_a_script_prints_what_it_printed(text: str) -> None:
    plain = io.StringIO()
    with contextlib.redirect_stdout(plain):
        code = compile(text, "train.py", "exec", dont_inherit=True)
        exec(code, {"__name__": "__main__", "tailor": _Tailor(), "Tailor": _Tailor})
    assert _run(text, tailor=_Tailor(), Tailor=_Tailor)[0] == plain.getvalue()


def test_what_is_no_estimator_is_not_recorded() -> None:
    assert _run("tailor.fit(1)", tailor=_Tailor())[1].events == []


def test_errors_point_at_the_users_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _run("\n\nmodel.fit(\n    X,\n    1 / 0,\n)", model=LinearRegression(), X=[[1]])
    last = traceback.extract_tb(caught.tb)[-1]
    assert (last.filename, last.lineno) == ("train.py", 5)


def test_fits_and_scores_are_recorded_in_order_with_their_lines() -> None:
    text = "model.fit(X, y)\nprint(r2_score(y, [1, 2]))\nmodel.fit(X, y)\n"
    from sklearn.metrics import r2_score

    _, recorder = _run(text, model=LinearRegression(), X=[[1], [2]], y=[1, 2], r2_score=r2_score)
    assert [(event["kind"], event["name"], event["line"]) for event in recorder.events] == [
        ("fit", "LinearRegression.fit", 1),
        ("score", "r2_score", 2),
        ("fit", "LinearRegression.fit", 3),
    ]


def test_a_fit_that_raised_is_not_taken_for_another() -> None:
    text = (
        "def other():\n    try:\n        ridge.fit([[1]], [1, 2])\n"
        "    except ValueError:\n        return [[1], [2]]\n"
        "model.fit(other(), y)\n"
    )
    _, recorder = _run(text, model=LinearRegression(), ridge=Ridge(), y=[1, 2])
    assert [event["name"] for event in recorder.events] == ["LinearRegression.fit"]


def test_fits_side_by_side_in_threads_keep_to_their_own_models() -> None:
    text = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def train(model):\n    return model.fit(meet(), y)\n"
        "with ThreadPoolExecutor(2) as pool:\n    fitted = list(pool.map(train, models))\n"
    )
    both = threading.Barrier(2, timeout=600)

    def meet() -> list[list[int]]:
        both.wait()
        return [[1], [2]]

    _, recorder = _run(text, models=[LinearRegression(), Ridge()], meet=meet, y=[1, 2])
    names = {event["name"] for event in recorder.events}
    assert names == {"LinearRegression.fit", "Ridge.fit"}


def test_only_loads_that_are_named_are_sampled() -> None:
    text = "a = load()\nb = load()\n"
    source = Source("train.py", text)
    tree = instrument(source, [Span(4, 10)])
    calls = [ast.unparse(node) for node in tree.body]
    assert calls == [f"a = {RECORDER}.load(load())", "b = load()"]


def test_objects_that_are_no_arrays_are_compared_by_what_they_hold() -> None:
    X, y = load_iris(return_X_y=True)

    def grown(depth: int) -> dict[str, Any]:
        return fitted(DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y))

    one, again, deeper = grown(2), grown(2), grown(3)
    assert one.keys() == again.keys()
    assert all(np.array_equal(one[name], again[name]) for name in one)
    thresholds = "tree_.state['nodes']['threshold']"
    assert one[thresholds].shape != deeper[thresholds].shape


@pytest.mark.parametrize("value", [threading.Lock(), len, int, None, ..., {1}, b"x", range(3)])
def test_any_object_has_a_snapshot(value: Any) -> None:
    assert flat("value", value) == flat("value", value) != {}


def test_a_snapshot_reaches_into_pipelines_and_column_transformers() -> None:
    X, y = load_iris(return_X_y=True)
    columns = ColumnTransformer([("scale", StandardScaler(), [0, 1])], remainder="passthrough")
    model = Pipeline([("columns", columns), ("fit", LogisticRegression(max_iter=500))]).fit(X, y)
    names = fitted(model)
    assert any(name.endswith("mean_") for name in names)
    assert any(name.endswith("coef_") for name in names)
    again = fitted(
        Pipeline([("columns", columns), ("fit", LogisticRegression(max_iter=500))]).fit(X, y)
    )
    assert names.keys() == again.keys()
    for name, value in names.items():
        assert np.array_equal(value, again[name]), name


def test_a_value_that_holds_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert flat("value", loop) == {}


def test_objects_without_a_text_of_their_own_do_not_differ_by_address() -> None:
    class Plain:
        pass

    assert flat("value", Plain()) == flat("value", Plain())


@pytest.mark.parametrize(
    "loaded",
    [
        pd.DataFrame({"a": range(50)}),
        np.arange(50),
        (np.arange(50), np.arange(50)),
        load_iris(),
        load_iris(as_frame=True),
    ],
    ids=["frame", "array", "pair", "bunch", "frames in a bunch"],
)
def test_a_sample_takes_the_same_rows_of_everything(loaded: Any) -> None:
    one, other = take_sample(loaded, 0.2), take_sample(loaded, 0.2)
    if isinstance(loaded, tuple):
        assert np.array_equal(one[0], one[1])
        assert len(one[0]) == 10
    elif isinstance(loaded, Bunch):
        assert isinstance(one, Bunch)
        assert isinstance(other, Bunch)
        assert len(one.data) == len(one.target) == 30
        assert np.array_equal(one.target, other.target)
        assert list(one.target_names) == list(loaded.target_names)
        assert one.feature_names == loaded.feature_names
    else:
        assert len(one) == 10
        assert np.array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("loaded", [None, 3, "text", {}, (), np.float64(1)])
def test_what_has_no_rows_is_left(loaded: Any) -> None:
    assert take_sample(loaded, 0.5) is loaded or take_sample(loaded, 0.5) == loaded


_MAIN = """\
import pickle, sys
class Box:
    size: int = 1
assert Box.__annotations__["size"] is int
print(__name__, __file__ == sys.modules["__main__"].__file__, sys.argv[1:])
print(type(pickle.loads(pickle.dumps(Box()))).__name__)
if __name__ == "__main__":
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression
    LinearRegression().fit(*load_diabetes(return_X_y=True))
    sys.exit({code})
"""


@pytest.mark.parametrize(("code", "exit_code"), [("0", 0), ("", 0), ("3", 1), ("'stop'", 1)])
def test_a_script_runs_as_main_and_may_exit(tmp_path: Path, code: str, exit_code: int) -> None:
    (tmp_path / "train.py").write_text(_MAIN.format(code=code))
    done = subprocess.run(
        [sys.executable, "-m", "fedmigrate", "verify", "train.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert ("printed: 2 of 2 lines identical" in done.stdout) is (exit_code == 0)
    assert ("did not run to its end" in done.stdout) is (exit_code == 1)
