# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
import numpy as np

scores = []
for C in np.logspace(-2, 2, 5):
    m = LogisticRegression(C=C)
    m.fit(X_train, y_train)
    scores.append(m.score(X_test, y_test))
best = np.argmax(scores)
print(best, max(scores))
import matplotlib.pyplot as plt

plt.plot(np.logspace(-2, 2, 5), scores)
