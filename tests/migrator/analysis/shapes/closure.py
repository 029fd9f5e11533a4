# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression


def trainer(C):
    m = LogisticRegression(C=C)

    def fit(X, y):
        return m.fit(X, y)

    return fit


print(trainer(2.0)(X_train, y_train).score(X_test, y_test))
