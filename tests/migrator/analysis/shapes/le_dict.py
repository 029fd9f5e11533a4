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

encoders = {}
for col in df.columns:
    if df[col].dtype == "object" or str(df[col].dtype) == "str":
        le = LabelEncoder()
        df[col] = le.fit_transform(df[col])
        encoders[col] = le
X = df.drop("y", axis=1)
m = LogisticRegression(max_iter=5000)
m.fit(X, y)
print(m.score(X, y))
