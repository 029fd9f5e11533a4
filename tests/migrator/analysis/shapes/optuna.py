# nothing

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import optuna
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score


def objective(trial):
    m = LogisticRegression(C=trial.suggest_float("C", 0.1, 1))
    return cross_val_score(m, X_train, y_train, cv=3).mean()


study = optuna.create_study()
study.optimize(objective, n_trials=3)
