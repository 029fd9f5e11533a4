# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
import numpy as np

skf = StratifiedKFold(n_splits=3, shuffle=True, random_state=0)
scores = []
for tr, te in skf.split(X, y):
    m = LogisticRegression()
    m.fit(X.iloc[tr], y.iloc[tr])
    scores.append(m.score(X.iloc[te], y.iloc[te]))
print(np.mean(scores))
