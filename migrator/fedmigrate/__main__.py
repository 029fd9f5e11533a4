"""``python -m fedmigrate``: the command line, where no script of that name is installed."""

from fedmigrate.cli import main

main()
