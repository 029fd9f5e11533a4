"""Predict whether a tumour is malignant from measurements of its cells."""

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("patients.csv")
X = df.drop(columns=["malignant"])
y = df["malignant"]
print(f"{len(df)} patients, {X.shape[1]} measurements")

X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.2, random_state=0, stratify=y
)

scaler = StandardScaler()  # fitted on the training rows alone
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

model = LogisticRegression(C=0.5)
model.fit(X_train, y_train)

print("accuracy", accuracy_score(y_test, model.predict(X_test)))
print("ROC AUC ", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
joblib.dump(model, "model.joblib")
