"""fedmigrate: turn a single-machine scikit-learn script into federated code.

The tool reads a script as text, plans which places have to change, rewrites those and nothing
else, and proves the result. It never imports or runs the user's code, except in ``verify``, and
never imports numpy, scikit-learn or the runtime at start-up.
"""

__version__ = "0.1.0"
