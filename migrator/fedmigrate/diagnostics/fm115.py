"""Without `random_state` every run draws anew, so two runs of the very same script differ. There
is no one result that the federated run could be compared with: `fedmigrate verify` compares how
scores are distributed over several draws instead, which takes longer and shows less.

Nothing is said where the script seeds numpy's global generator, which is what scikit-learn draws
from then.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="a random draw that differs from run to run",
    message="{name} draws at random and is given no random_state: two runs differ",
    severity=Severity.NOTE,
    before="""\
from sklearn.cluster import KMeans

model = KMeans(n_clusters=3)
model.fit(X)
""",
    after="""\
from sklearn.cluster import KMeans

model = KMeans(n_clusters=3, random_state=0)
model.fit(X)
""",
    next_step="Give it a random_state.",
)
