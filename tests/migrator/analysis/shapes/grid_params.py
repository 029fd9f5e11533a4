# converted GridSearchCV

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

grid = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0], "solver": ["lbfgs", "newton-cg"]}, cv=3)
grid.fit(X_train, y_train)
print(grid.best_params_, grid.best_score_)
print(grid.best_estimator_.score(X_test, y_test))
