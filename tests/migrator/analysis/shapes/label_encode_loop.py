# converted LabelEncoder
# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.preprocessing import LabelEncoder
from sklearn.linear_model import LogisticRegression

le = LabelEncoder()
for col in ["k", "kk"]:
    df[col] = le.fit_transform(df[col])
X = df[["a", "k", "kk"]]
m = LogisticRegression()
m.fit(X, y)
print(m.score(X, y))
