# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.metrics import accuracy_score

rows = []
for M in [LogisticRegression, GaussianNB]:
    m = M().fit(X_train, y_train)
    rows.append({"model": M.__name__, "acc": accuracy_score(y_test, m.predict(X_test))})
results = pd.DataFrame(rows).sort_values("acc", ascending=False)
print(results.head())
results.to_csv("results.csv")
