"""A fitted transformer knows what its last fit has seen. After one LabelEncoder was fitted for
several columns in turn, it knows the categories of the last one: `inverse_transform` gives the
names of that column for the numbers of any other, without an error if there are few enough of
them.

The conversion keeps the script's meaning, so the federated script does the same.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="one transformer is fitted for several columns and used again",
    message="{name} was fitted for several columns: {method} only knows the last of them",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import LabelEncoder

encoder = LabelEncoder()
df["city"] = encoder.fit_transform(df["city"])
df["sex"] = encoder.fit_transform(df["sex"])
model = LogisticRegression().fit(df[["city", "sex"]], y)
cities = encoder.inverse_transform(df["city"])
""",
    after="""\
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import LabelEncoder

city_encoder, sex_encoder = LabelEncoder(), LabelEncoder()
df["city"] = city_encoder.fit_transform(df["city"])
df["sex"] = sex_encoder.fit_transform(df["sex"])
model = LogisticRegression().fit(df[["city", "sex"]], y)
cities = city_encoder.inverse_transform(df["city"])
""",
    next_step="Give each column an encoder of its own, or use one OrdinalEncoder for all of them.",
)
