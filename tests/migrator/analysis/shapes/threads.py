# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from concurrent.futures import ThreadPoolExecutor
from sklearn.linear_model import LogisticRegression


def job(C):
    return LogisticRegression(C=C).fit(X_train, y_train).score(X_test, y_test)


with ThreadPoolExecutor() as ex:
    print(list(ex.map(job, [0.1, 1.0])))
