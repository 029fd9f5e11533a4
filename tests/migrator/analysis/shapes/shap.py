# converted LogisticRegression
# left reveal FM305

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
import shap
from sklearn.linear_model import LogisticRegression

m = LogisticRegression()
m.fit(X_train, y_train)
ex = shap.LinearExplainer(m, X_train)
values = ex.shap_values(X_test)
shap.summary_plot(values, X_test)
