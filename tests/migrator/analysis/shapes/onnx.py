# converted LogisticRegression
# left reveal FM305

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from skl2onnx import to_onnx
import numpy as np
from sklearn.linear_model import LogisticRegression

m = LogisticRegression()
m.fit(X_train, y_train)
onx = to_onnx(m, X_train[:1].astype(np.float32))
