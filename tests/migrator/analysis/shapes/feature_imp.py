# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression

m = LogisticRegression().fit(X_train, y_train)
imp = pd.DataFrame({"feature": X.columns, "w": m.coef_[0]}).sort_values("w")
print(imp)
for n, w in zip(X.columns, m.coef_[0]):
    print(n, w)
