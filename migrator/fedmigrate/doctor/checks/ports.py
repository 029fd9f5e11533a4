"""Whether addresses can be reached, show the right certificate, and those of our own are free."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from fedmigrate.doctor.addresses import Address, addresses_of
from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for address in addresses_of(subject):
        yield _own(address) if address.is_own else _reached(address, subject.timeout)


def _own(address: Address) -> Finding:
    """One that we listen on during a run."""
    host, port, where = address.host, address.port, f"{address.owner}, {address}"
    try:
        family, kind, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(target)
    except socket.gaierror as error:
        return problem(where, f"the name is not known: {error.strerror}", "mend the address")
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return note(
                where, "is no address of this machine, so it is not known whether it is free"
            )
        return problem(
            where,
            f"cannot be listened on: {error.strerror}",
            "end what uses the port, or take another one",
        )
    return fine(where, "is free")


def _reached(address: Address, timeout: float) -> Finding:
    where = f"{address.owner}, {address}"
    try:
        with socket.create_connection((address.host, address.port), timeout) as connection:
            return _shown(address, connection, where)
    except socket.gaierror as error:
        return problem(where, f"the name is not known: {error.strerror}", "mend the address")
    except TimeoutError:
        return problem(
            where, f"nobody answers within {timeout:g} s", "open the way to it in the firewalls"
        )
    except ConnectionRefusedError:
        if address.listens_always:
            return problem(where, "nobody listens there", "start what listens there")
        return note(where, "the machine answers; nobody listens there before a run")
    except OSError as error:
        return problem(where, f"cannot be reached: {error.strerror}", "mend the way to it")


def _shown(address: Address, connection: socket.socket, where: str) -> Finding:
    """What whoever answers shows of itself."""
    if address.ca is None:
        return fine(where, "somebody answers")
    try:
        context = ssl.create_default_context(cafile=str(address.ca))
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(connection, server_hostname=address.host):
            return fine(where, f"its certificate is signed by the authority in {address.ca.name}")
    except ssl.SSLCertVerificationError as error:
        return problem(
            where,
            f"its certificate is refused: {error.verify_message}",
            "compare the authority's certificate, the host in --address, and the clocks",
        )
    except ssl.SSLError as error:
        return problem(where, f"does not speak TLS as expected: {error.reason}", "mend its TLS")
