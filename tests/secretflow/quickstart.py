"""The quickstart: its table, its script as it was converted, and what it trains when pooled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SCRIPT = """
import joblib
import pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from fedruntime.metrics import accuracy_score, roc_auc_score
from fedruntime.model_selection import train_test_split
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

fed = init(parties=["alice", "bob", "carol"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = fed.load(pd.read_csv, "patients.csv")
X = df.drop(columns=["malignant"])
y = df["malignant"]

X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.2, random_state=0, stratify=y
)

scaler = FLModel(device_list=devices, model=StandardScaler(), aggregator=aggregator)
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

model = FLModel(device_list=devices, model=LogisticRegression(C=0.5), aggregator=aggregator)
model.fit(X_train, y_train)

print("accuracy", accuracy_score(y_test, model.predict(X_test)))
print("ROC AUC ", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
joblib.dump(model.to_sklearn(), "model.joblib")
"""


def table() -> pd.DataFrame:
    data = load_breast_cancer(as_frame=True)
    renamed: pd.DataFrame = data.data.rename(columns=lambda name: name.replace(" ", "_"))
    renamed["malignant"] = (data.target == 0).astype(int)
    return renamed


def pooled_coefficients() -> np.ndarray:
    X, y = table().drop(columns=["malignant"]), table()["malignant"]
    X_train, _, y_train, _ = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
    scaled = StandardScaler().fit_transform(X_train)
    return LogisticRegression(C=0.5).fit(scaled, y_train).coef_
