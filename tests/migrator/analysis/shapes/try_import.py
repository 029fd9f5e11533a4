# left LogisticRegression FM204
# left XGBClassifier FM305
# left reveal FM305

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
try:
    from xgboost import XGBClassifier as Model
except ImportError:
    from sklearn.linear_model import LogisticRegression as Model
m = Model()
m.fit(X_train, y_train)
print(m.score(X_test, y_test))
