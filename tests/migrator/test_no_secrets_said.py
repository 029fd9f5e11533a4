"""Nothing that a script holds in a text is repeated: not in messages, JSON, comments or errors."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from fedmigrate.batch import Mode, Request, run
from fedmigrate.diagnostics import CODES, MARKER, Code
from fedmigrate.errors import SettingsError
from fedmigrate.partition import Partition
from fedmigrate.report import as_json, summary

SECRET = "hunter2-S3CR3T"
HEAD = """\
import joblib, logging, os, sys
import matplotlib.pyplot as plt
import pandas as pd
import statsmodels.api as sm
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import LabelEncoder, StandardScaler
df = pd.read_csv("https://anna:SECRET@example.org/SECRET.csv", storage_options={"k": "SECRET"})
X, y = df.drop(columns=["t"]), df["t"]
m = Ridge().fit(X, y)
"""

BODIES = {
    "FM111": 'Z = StandardScaler().fit_transform(df[df["n"] != "SECRET"])\n'
    "train_test_split(Z, random_state=0)\n",
    "FM113": 'print("SECRET", m.score(X, y))\n',
    "FM114": 'e = LabelEncoder()\ne.fit(df["SECRET"])\ne.fit(df["b"])\ne.transform(df["SECRET"])\n',
    "FM115": 'train_test_split(X, y, test_size=len("SECRET"))\n',
    "FM121": "z = 1  # fedmigrate: ignore[SECRET]\n",
    "FM122": "z = 'SECRET'  # fedmigrate: ignore  SECRET\n",
    "FM131": "from sklearn.tree import DecisionTreeClassifier\n"
    'DecisionTreeClassifier(class_weight={"SECRET": 2}).fit(X, y)\n',
    "FM141": 'Ridge().fit(X.drop(columns=["SECRET"]), y)\n',
    "FM142": 'X["SECRET"] = X["SECRET"] / X["b"] + len("SECRET")\n',
    "FM143": 'X = X.rename(columns={"SECRET": "SECRET b"})\n',
    "FM201": 'KNeighborsClassifier(metric="SECRET").fit(X, y)\n',
    "FM202": "from sklearn.pipeline import make_pipeline\n"
    'make_pipeline(xgboost.XGBClassifier("SECRET")).fit(X, y)\n',
    "FM203": 'CalibratedClassifierCV(Ridge(), method="SECRET").fit(X, y)\n',
    "FM204": 'joblib.load("/home/SECRET/m.joblib").fit(X, y)\n',
    "FM205": 'X["a"] = X["a"].where_is("SECRET")\n'
    'X.sort_values("SECRET").shift(fill_value="SECRET")\n',
    "FM206": 'partial_dependence(m, X, ["SECRET"])\n',
    "FM207": 'globals()["SECRET"].fit(X, y)\neval("SECRET").fit(X)\n',
    "FM208": 'class A(Ridge):\n    key = "SECRET"\n\nA("SECRET").fit(X, y)\n',
    "FM209": 'from my import load\nRidge().fit(load("SECRET"), load("SECRET"))\n',
    "FM210": 'print(f"SECRET {Ridge().fit(X, y).coef_} SECRET")\n',
    "FM211": "from sklearn.tree import DecisionTreeClassifier\n"
    'DecisionTreeClassifier(class_weight={"SECRET": 2}).fit(X, y)\n',
    "FM212": 'X.groupby("SECRET")["SECRET"].mean()\nX.apply(lambda row: row["SECRET"], axis=1)\n',
    "FM213": 'X[X["SECRET"] == "SECRET"]\nX.query("SECRET")\n',
    "FM214": 'df.merge(pd.read_csv("SECRET.csv"), on="SECRET")\n',
    "FM215": 'df["patient"] == "SECRET"\n',
    "FM216": 's = StandardScaler().fit(X[["SECRET"]])\nprint(s.mean_["SECRET"])\n',
    "FM301": 'print("SECRET", df[df["n"] == "SECRET"], df.query("n == \'SECRET\'").head())\n'
    'logging.info("SECRET %s", df)\nprint(f"SECRET {df}")\n',
    "FM302": 'plt.scatter(df["a"], df["b"], label="SECRET")\nplt.savefig("SECRET.png")\n',
    "FM303": 'df.to_csv("s3://SECRET/x.csv")\ndf.to_sql("t", "postgres://u:SECRET@host/db")\n',
    "FM304": 'X["a"][0]\nfor row in df["SECRET"]:\n    print(row)\n',
    "FM305": 'sm.OLS(df["SECRET"], X).fit("SECRET")\nxgboost.DMatrix(X, label="SECRET")\n',
    "FM901": 'password = "SECRET"; print "SECRET"  # SECRET\n',
}
ALSO = {
    "a text without end": 'password = "SECRET\n',
    "a text of several lines without end": 'password = """SECRET\n',
    "a bracket without end": 'connect("SECRET", password=("SECRET"\n',
    "a comment behind": "print 1  # the password is SECRET\n",
    "quotes of the other kind": 'print "it\'s SECRET", \'SECRET "SECRET"\'\n',
}


def said(folder: Path, text: str, entry: Code = CODES["FM101"]) -> str:
    """Everything that a run says: the summary, the JSON, the comments in the conversion."""
    path = folder / "train.py"
    path.write_text(text.replace("SECRET", SECRET), encoding="utf-8")
    vertical = entry.vertical
    said = Partition("vertical", vertical.label_party, vertical.on) if vertical else Partition()
    request = Request((str(path),), Mode.WRITE, epsilon=entry.epsilon, partition=said)
    outcomes = list(run(request, io.BytesIO()))
    parts = [summary(outcome, verbose=True) for outcome in outcomes]
    parts.append(json.dumps(as_json(outcomes, 0)))
    for written in folder.glob("*_fed.py"):
        lines = written.read_text(encoding="utf-8").splitlines()
        parts += [line for line in lines if line.lstrip().startswith(f"{MARKER} FM")]
    return "\n".join(parts)


@pytest.mark.parametrize("code", BODIES)
def test_a_finding_repeats_no_text(tmp_path: Path, code: str) -> None:
    told = said(tmp_path, HEAD + BODIES[code], CODES[code])
    assert code in told
    assert SECRET not in told


@pytest.mark.parametrize("body", ALSO.values(), ids=list(ALSO))
def test_a_line_that_cannot_be_parsed_is_shown_without_texts(tmp_path: Path, body: str) -> None:
    told = said(tmp_path, HEAD + body)
    assert "FM901" in told
    assert SECRET not in told


def test_a_shown_line_keeps_its_columns(tmp_path: Path) -> None:
    told = said(tmp_path, "name = 'SECRET' 1\n")
    assert f"    name = '{'.' * len(SECRET)}' 1\n" in told


def test_every_finding_that_quotes_a_script_is_tried() -> None:
    quoting = {entry.code for entry in CODES.values() if entry.fields - {"reason", "split", "how"}}
    assert quoting - {"FM101", "FM102", "FM103", "FM112"} <= BODIES.keys()


def test_settings_repeat_no_values_of_other_tools(tmp_path: Path) -> None:
    text = f'[tool.other]\ntoken = "{SECRET}"\n[tool.fedmigrate]\nsplit = "{SECRET}"\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        said(tmp_path, HEAD)
    assert SECRET not in str(raised.value)
