"""Looking at a party's own certificates before it connects: brpc repeats that one has expired
until a deadline ends it, and says it to nobody but its log.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509

from fedruntime.engines.secretflow.settings import Tls
from fedruntime.errors import SettingsError


def require_valid(tls: Tls, folder: Path, now: datetime | None = None) -> None:
    """Refuse certificates that are not valid now.

    Parameters
    ----------
    tls : Tls
    folder : Path
        That its files are relative to.
    now : datetime, optional
        With a time zone; by default the present.

    Raises
    ------
    SettingsError
        Names the file, and when it was valid.
    """
    now = datetime.now(timezone.utc) if now is None else now
    for name in (tls.ca, tls.certificate):
        path = folder / name
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise SettingsError(f"{path}: is no certificate in PEM") from error
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begins <= now <= ends:
            raise SettingsError(
                f"{path}: this certificate is valid from {begins:%Y-%m-%d %H:%M} to "
                f"{ends:%Y-%m-%d %H:%M} UTC, and it is {now:%Y-%m-%d %H:%M} now: get a new one, or "
                "set the clock"
            )
