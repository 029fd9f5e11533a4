# converted LogisticRegression
# left ? FM204

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import pickle, joblib
from sklearn.linear_model import LogisticRegression

m = LogisticRegression()
m.fit(X_train, y_train)
with open("m.pkl", "wb") as f:
    pickle.dump(m, f)
joblib.dump(m, "m.joblib")
with open("m.pkl", "rb") as f:
    loaded = pickle.load(f)
print(loaded.predict([[1, 2, 3]]))
print(loaded.score(X_test, y_test))
