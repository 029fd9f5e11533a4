# left LinearDiscriminantAnalysis FM203
# converted DecisionTreeClassifier

import pandas as pd
from sklearn.covariance import OAS
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("data.csv")
X, y = df[["a", "b"]], df["y"]
LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS()).fit(X, y)
path = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(X, y)
print(path.ccp_alphas)
