# converted LogisticRegression
# left reveal FM304

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import numpy as np
from sklearn.linear_model import LogisticRegression

m = LogisticRegression().fit(X_train, y_train)
p = m.predict(X_test)
print(np.mean(p == y_test), (p == y_test).sum() / len(y_test), sum(p == y_test))
