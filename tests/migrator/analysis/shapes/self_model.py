# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression


class T:
    def __init__(self, model):
        self.model = model

    def train(self, X, y):
        self.model.fit(X, y)
        return self

    def score(self, X, y):
        return self.model.score(X, y)


print(T(LogisticRegression()).train(X_train, y_train).score(X_test, y_test))
