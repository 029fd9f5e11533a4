# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

base = LogisticRegression()
fitted = []
for C in (0.1, 1.0):
    m = clone(base).set_params(C=C)
    fitted.append(m.fit(X_train, y_train))
for m in fitted:
    print(m.score(X_test, y_test))
