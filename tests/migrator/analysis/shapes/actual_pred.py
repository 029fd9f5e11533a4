# converted LogisticRegression
# left reveal FM301
# left reveal FM302

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression

m = LogisticRegression().fit(X_train, y_train)
out = pd.DataFrame({"Actual": y_test, "Predicted": m.predict(X_test)})
print(out)
import matplotlib.pyplot as plt

plt.scatter(y_test, m.predict(X_test))
