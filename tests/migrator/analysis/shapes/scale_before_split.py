# converted StandardScaler
# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import LogisticRegression

sc = StandardScaler()
Xs = sc.fit_transform(X)
a, b, c, d = train_test_split(Xs, y, test_size=0.3, random_state=1)
m = LogisticRegression()
m.fit(a, c)
print(m.score(b, d))
