# converted LogisticRegression
# converted model

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import mlflow
import mlflow.sklearn
from sklearn.linear_model import LogisticRegression

with mlflow.start_run():
    m = LogisticRegression()
    m.fit(X_train, y_train)
    mlflow.log_metric("acc", m.score(X_test, y_test))
    mlflow.sklearn.log_model(m, "model")
