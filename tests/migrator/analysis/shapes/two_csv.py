# converted LogisticRegression

import pandas as pd
from sklearn.linear_model import LogisticRegression

train = pd.read_csv("data.csv")
test = pd.read_csv("test.csv")
X = train[["a", "b", "c"]]
y = train["y"]
m = LogisticRegression()
m.fit(X, y)
pred = m.predict(test[["a", "b", "c"]])
sub = pd.DataFrame({"id": test["id"], "y": pred})
sub.to_csv("submission.csv", index=False)
