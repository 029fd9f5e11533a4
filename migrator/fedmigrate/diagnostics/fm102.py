"""Scikit-learn draws rows or split points from all data in one place. Parties draw from their
own, or the draw is made among aggregates because a row would be revealed otherwise. So one fitted
model differs from another as two values of `random_state` make it differ. The quality is the same
on average.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="converted; the algorithm is the same, the random draw is not",
    message="{name} is the same algorithm with other random draws: {reason}",
    severity=Severity.NOTE,
    before="""\
from sklearn.cluster import KMeans

model = KMeans(n_clusters=3, random_state=0)
model.fit(X)
""",
    after="""\
from sklearn.mixture import GaussianMixture

model = GaussianMixture(n_components=3, init_params="random", random_state=0)  # exact
model.fit(X)
""",
    next_step="Compare scores, not single predictions; `fedmigrate verify` does.",
)
