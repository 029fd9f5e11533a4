# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression

m = LogisticRegression().fit(X_train, y_train)
new = pd.DataFrame({"a": [1.0], "b": [2.0], "c": [0.5]})
print(m.predict(new)[0])
print("pred: %d" % m.predict(new)[0])
