# converted LogisticRegression
# converted GaussianNB
# converted VotingClassifier

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

ests = [("lr", LogisticRegression()), ("nb", GaussianNB())]
v = VotingClassifier(estimators=ests, voting="soft")
for name, m in ests + [("v", v)]:
    m.fit(X_train, y_train)
    print(name, m.score(X_test, y_test))
