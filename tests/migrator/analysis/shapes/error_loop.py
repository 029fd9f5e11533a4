# converted LogisticRegression
# left reveal FM304
# left reveal FM304

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression

m = LogisticRegression().fit(X_train, y_train)
p = m.predict(X_test)
c = 0
for i in range(len(p)):
    if p[i] == y_test.iloc[i]:
        c += 1
print(c / len(p))
