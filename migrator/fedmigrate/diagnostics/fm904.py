"""The folder or the file refuses to be written. What was there before is intact."""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the output cannot be written",
    message="cannot be written: {reason}",
    severity=Severity.ERROR,
    before="""\
fedmigrate convert /mnt/readonly/train.py
""",
    after="""\
fedmigrate convert /mnt/readonly/train.py -o train_fed.py
""",
    next_step="Choose another place with `-o`, or mend the permissions.",
)
