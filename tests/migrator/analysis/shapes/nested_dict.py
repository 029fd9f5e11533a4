# converted GridSearchCV

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

conf = {
    "lr": {"model": LogisticRegression(), "params": {"C": [1, 2]}},
    "nb": {"model": GaussianNB(), "params": {}},
}
from sklearn.model_selection import GridSearchCV

for k, v in conf.items():
    g = GridSearchCV(v["model"], v["params"], cv=3)
    g.fit(X_train, y_train)
    print(k, g.best_score_)
