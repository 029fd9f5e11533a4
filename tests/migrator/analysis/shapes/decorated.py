# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import functools, time
from sklearn.linear_model import LogisticRegression


def timed(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        start = time.time()
        result = f(*args, **kwargs)
        return result

    return inner


@timed
def train(X, y):
    m = LogisticRegression()
    m.fit(X, y)
    return m


print(train(X_train, y_train).score(X_test, y_test))
