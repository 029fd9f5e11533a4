# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression

m = LogisticRegression().fit(X_train.values, y_train)
print(m.predict([[5.1, 3.5, 1.4]]))
import numpy as np

print(m.predict_proba(np.array([[1, 2, 3]])))
