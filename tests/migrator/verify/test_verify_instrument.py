"""Instrumented trees: what is passed through the recorder, and that positions stay the user's."""

from __future__ import annotations

import ast
import builtins
import warnings
from typing import Any

import pytest

from fedmigrate.source import Source
from fedmigrate.verify.instrument import FITS, RECORDER, SCORES, instrument
from fedmigrate.verify.recorder import Recorder

_UNTOUCHED = {
    "a property": "print(model.fit)",
    "a function called fit": "fit(model, X)",
    "a method defined": "class A:\n    def fit(self, X):\n        return self",
    "another method": "model.refit(X); model.predict(X); model.fit_resample(X)",
    "a keyword": "run(fit=1, accuracy_score=2)",
    "a text": "x = 'model.fit(X)'  # model.fit(X)",
    "a decorator without a call": "@model.fit\ndef f(): pass",
    "an assignment": "model.fit = accuracy_score",
    "a subscript": "model['fit'](X)",
}


@pytest.mark.parametrize("text", _UNTOUCHED.values(), ids=_UNTOUCHED)
def test_what_is_no_call_of_a_fit_or_a_score_stays(text: str) -> None:
    tree = instrument(Source("train.py", text))
    assert ast.dump(tree) == ast.dump(ast.parse(text))


@pytest.mark.parametrize("method", sorted(FITS))
def test_fits_hold_their_model_and_are_still_called_by_the_script(method: str) -> None:
    tree = instrument(Source("train.py", f"m[0].{method}(X, y=1)"))
    assert ast.unparse(tree) == (
        f"{RECORDER}.fit({RECORDER}.depth(), {RECORDER}.hold(m[0]).{method}(X, y=1), '{method}', 1)"
    )


@pytest.mark.parametrize("called", ["r2_score", "metrics.r2_score", "sklearn.metrics.r2_score"])
def test_scores_are_found_by_their_name(called: str) -> None:
    tree = instrument(Source("train.py", f"\nx = {called}(y, p)"))
    assert ast.unparse(tree) == f"x = {RECORDER}.score({called}(y, p), 'r2_score', 2)"


def test_splits_are_no_scores() -> None:
    assert "train_test_split" not in SCORES
    assert {"accuracy_score", "cross_val_score"} <= SCORES


def test_the_same_tree_comes_out_every_time() -> None:
    text = "for m in models:\n    m.fit(X).fit(f1_score(y, m.fit_predict(X)))\n"
    dumps = {ast.dump(instrument(Source("t.py", text)), include_attributes=True) for _ in range(5)}
    assert len(dumps) == 1


@pytest.mark.parametrize(
    "text",
    [
        "model.fit(X)",
        "(\n  make(a,\n       b)\n  .fit(\n     X,\n     y))",
        "await_ = [m.fit(X) for m in ms if r2_score(y, m.fit_predict(X))]",
        "async def f():\n    await g(m.fit(await h()))\n    async with m.fit(X) as z: pass",
        "lambda: (yield_ := m.fit(X))",
        "x = f'{m.fit(X)!r:>{w}}'",
        "class A:\n    x = __m.fit(X)\n    def f(self): return super().fit(self.__X)",
        "'ä'; m.fit('ö', r2_score(y, 'ü'))",
    ],
)
def test_every_node_lies_within_the_users_text(text: str) -> None:
    lines = text.split("\n")
    tree = instrument(Source("train.py", text))
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            assert 1 <= node.lineno <= (node.end_lineno or 0) <= len(lines)
            assert node.col_offset <= len(lines[node.lineno - 1].encode())
    compile(tree, "train.py", "exec", dont_inherit=True)


def test_a_future_import_stays_first() -> None:
    text = '"""Doc."""\nfrom __future__ import annotations\nx: undefined = m.fit(1)\n'
    names: dict[str, Any] = {"m": _Warns()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _execute(text, names)
    assert names["__doc__"] == "Doc."
    assert names["x"] == 1


class _Warns:
    def fit(self, value: Any) -> Any:
        warnings.warn("look out", UserWarning, stacklevel=2)
        return value


def test_a_warning_names_the_line_of_the_call() -> None:
    with pytest.warns(UserWarning, match="look out") as caught:
        _execute("\n\nm.fit(\n    1\n)\n", {"m": _Warns()})
    assert [(one.filename, one.lineno) for one in caught] == [("train.py", 3)]


def _execute(text: str, names: dict[str, Any]) -> None:
    code = compile(instrument(Source("train.py", text)), "train.py", "exec", dont_inherit=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, RECORDER, Recorder(None), raising=False)
        exec(code, names)
