# left Sequential FM305
# converted LogisticRegression

import pandas as pd
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X = df[["a", "b", "c"]]
y = df["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
from keras.models import Sequential
from sklearn.linear_model import LogisticRegression

model = Sequential()
model.fit(X_train, y_train, epochs=3)
m = LogisticRegression().fit(X_train, y_train)
