# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import sklearn.linear_model

m = sklearn.linear_model.LogisticRegression()
m.fit(X_train, y_train)
print(m.score(X_test, y_test))
