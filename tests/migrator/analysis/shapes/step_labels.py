# converted Pipeline

import pandas as pd
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data.csv")
model = make_pipeline(StandardScaler(), KMeans(3, init=[[0.0], [1.0], [2.0]]))
model.fit(df[["a"]])
print(model[-1].cluster_centers_)
labels = model[-1].labels_
