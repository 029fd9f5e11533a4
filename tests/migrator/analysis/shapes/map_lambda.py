# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression

models = [LogisticRegression(C=c) for c in (0.1, 1.0)]
fitted = list(map(lambda m: m.fit(X_train, y_train), models))
print(fitted[0].score(X_test, y_test))
