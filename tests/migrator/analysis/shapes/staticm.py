# converted LogisticRegression
# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression


class F:
    @staticmethod
    def build():
        return LogisticRegression()

    @classmethod
    def make(cls):
        return cls.build()

    @property
    def model(self):
        return LogisticRegression(C=2)


m = F.make()
m.fit(X_train, y_train)
F().model.fit(X_train, y_train)
print(m.score(X_test, y_test))
