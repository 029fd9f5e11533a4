"""``fedmigrate deploy``: the folders from which real organisations run a federated script."""

from fedmigrate.deploy.command import deploy_command

__all__ = ["deploy_command"]
