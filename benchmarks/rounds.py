"""Messages and bytes that each estimator costs a party, counted where every message passes.

    python benchmarks/rounds.py
    python benchmarks/rounds.py --only LogisticRegression

Three real parties, each in a process of its own, as on any engine for real parties: on Flower a
message takes about 3 seconds, so their number is what a fit costs there. Loading and key agreement
are the script's, once, and stand in lines of their own; the lines of estimators are of ``fit``
alone. The table is scikit-learn's breast cancer data, standardised by hand where it says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "runtime" / "engines"))

from subjects import PARTIES, SCRIPT_NAME, write_folders

BARS = {"LinearRegression()": 4, "LogisticRegression()": 25}
MODELS = {
    "linear_model": [
        "LinearRegression()",
        "Ridge()",
        "Lasso(alpha=0.01)",
        "LogisticRegression()",
        "PoissonRegressor()",
    ],
    "naive_bayes": ["GaussianNB()"],
    "preprocessing": ["StandardScaler()", "MinMaxScaler()", "QuantileTransformer(n_quantiles=50)"],
    "decomposition": ["PCA(n_components=5)"],
    "cluster": ["KMeans(n_clusters=3, random_state=0)"],
    "tree": ["DecisionTreeClassifier(random_state=0)"],
    "ensemble": [
        "RandomForestClassifier(n_estimators=20, random_state=0)",
        "HistGradientBoostingClassifier(max_iter=20, random_state=0)",
    ],
    "neural_network": ["MLPClassifier(hidden_layer_sizes=(20,), max_iter=20, random_state=0)"],
}
SCRIPT = """\
import pandas as pd
from fedruntime import FLModel, init
{imports}

fed = init()
df = fed.load(pd.read_csv, "table.csv")
X, y = df.drop(columns=["malignant"]), df["malignant"]
X["mean_radius"].sum()
for model in [{models}]:
    FLModel(model=model).fit(X, y)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the messages of fits.")
    parser.add_argument("--only", default="", help="estimators whose name has this in it")
    only = parser.parse_args().only
    chosen = [
        (module, model) for module, models in MODELS.items() for model in models if only in model
    ]
    with tempfile.TemporaryDirectory() as scratch:
        events = run(Path(scratch), chosen)
    print(f"{'':62}{'messages':>9}{'kB there':>10}{'kB back':>9}   a party")
    for title, told in events.items():
        bar = BARS.get(title)
        judged = "" if bar is None else f"   at most {bar}: {'yes' if told[0] <= bar else 'NO'}"
        print(f"{title:62}{told[0]:9}{told[1] / 1e3:10.1f}{told[2] / 1e3:9.1f}{judged}")


def run(root: Path, models: list[tuple[str, str]]) -> Mapping[str, tuple[int, float, float]]:
    """Messages, and bytes there and back, of each part of a run; of the party with most."""
    script = SCRIPT.format(
        imports="\n".join(
            f"from sklearn.{module} import {model.partition('(')[0]}" for module, model in models
        ),
        models=", ".join(model for _, model in models),
    )
    folders = write_folders(root, script)
    table = standardised()
    size = -(-len(table) // len(PARTIES))
    for number, party in enumerate(PARTIES):
        own = table.iloc[size * number : size * (number + 1)]
        own.to_csv(folders[party] / "table.csv", index=False)
    coordinator = root / "coordinator"
    coordinator.mkdir()
    (coordinator / SCRIPT_NAME).write_text(script, encoding="utf-8")
    named = "".join(f'{party} = "{folder}"\n' for party, folder in folders.items())
    (coordinator / "federation.toml").write_text(
        f'parties = {json.dumps(PARTIES)}\nengine = "processes"\n[folders]\n{named}',
        encoding="utf-8",
    )
    events = coordinator / "events.jsonl"
    subprocess.run(
        [sys.executable, SCRIPT_NAME],
        cwd=coordinator,
        env={**os.environ, "FEDMIGRATE_EVENTS": str(events)},
        check=True,
    )
    return counted(events, [model for _, model in models])


def standardised() -> pd.DataFrame:
    data = load_breast_cancer(as_frame=True)
    X = data.data.rename(columns=lambda name: name.replace(" ", "_"))
    return ((X - X.mean()) / X.std()).assign(malignant=(data.target == 0).astype(int))


def counted(path: Path, models: list[str]) -> Mapping[str, tuple[int, float, float]]:
    titles = {f"{model.partition('(')[0]}.fit": model for model in models}
    messages: Counter[str] = Counter()
    there: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] != "round":
            continue
        title = titles.get(event["purpose"], event["purpose"] or event["operation"])
        messages[title] += 1
        there[title] += max(event["sent"].values())
        back[title] += max(event["received"].values())
    return {title: (messages[title], there[title], back[title]) for title in messages}


if __name__ == "__main__":
    main()
