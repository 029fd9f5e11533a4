# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

m = LogisticRegression()
m.fit(X_train, y_train)
pred = m.predict(X_test)
print(f"acc {accuracy_score(y_test, pred):.3f} f1 {f1_score(y_test, pred):.3f} {m.coef_[0][0]:.2f}")
