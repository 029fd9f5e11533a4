# left GridSearchCV FM201

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.model_selection import GridSearchCV

pipe = Pipeline([("clf", LogisticRegression())])
grid = GridSearchCV(
    pipe, [{"clf": [LogisticRegression()]}, {"clf": [KNeighborsClassifier()]}], cv=3
)
grid.fit(X_train, y_train)
print(grid.best_params_)
