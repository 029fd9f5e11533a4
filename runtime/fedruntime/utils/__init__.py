"""SecretFlow's ``sf.utils``, as far as its migration guide uses it."""

from fedruntime.utils import testing

__all__ = ["testing"]
