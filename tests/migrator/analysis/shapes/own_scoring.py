# left reveal FM304
# converted GridSearchCV

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.model_selection import GridSearchCV, cross_val_score

df = pd.read_csv("data.csv")
X, y = df[["a", "b"]], df["c"]


def rmse(y_true, y_pred):
    return np.sqrt(mean_squared_error(y_true, y_pred))


def first_error(y_true, y_pred):
    return y_true.iloc[0] - y_pred.mean()


print(cross_val_score(Ridge(), X, y, scoring=make_scorer(rmse)))
search = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, scoring=make_scorer(first_error))
search.fit(X, y)
