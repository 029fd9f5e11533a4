# converted LogisticRegression

import argparse
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split


def load(path):
    df = pd.read_csv(path)
    return df[["a", "b", "c"]], df["y"]


def main():
    X, y = load("data.csv")
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    m = LogisticRegression()
    m.fit(X_train, y_train)
    print(m.score(X_test, y_test))


if __name__ == "__main__":
    main()
