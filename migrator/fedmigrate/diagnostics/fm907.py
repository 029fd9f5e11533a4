"""A converted notebook is checked against the notebook format before it is written. The package
that knows the format is not installed with fedmigrate unless it is asked for.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="notebooks take the package nbformat",
    message="is a notebook, and to write one takes the package nbformat",
    severity=Severity.ERROR,
    before="""\
pip install fedmigrate
""",
    after="""\
pip install "fedmigrate[notebook]"
""",
    next_step='Install it: `pip install "fedmigrate[notebook]"`.',
)
