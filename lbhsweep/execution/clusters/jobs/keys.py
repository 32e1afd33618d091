"""The TLS key of a sweep: its scheduler runs code of anybody who can connect to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import Security

LOOPBACK = "lo"


@contextmanager
def job_security(folder: Path) -> Iterator[Security]:
    """Create a key and its certificate for one driver and its jobs.

    Parameters
    ----------
    folder : Path
        Created for this user only, on storage that jobs see; removed in the end.

    Yields
    ------
    Security
        By which scheduler, workers and client authenticate each other and encrypt messages.
    """
    pem = Security.temporary()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        certificate = _written(folder / "certificate.pem", pem.tls_ca_file)
        key = _written(folder / "key.pem", pem.tls_worker_key)
        roles = ("scheduler", "worker", "client")
        yield Security(
            require_encryption=True,
            # Self-signed: no other certificate is accepted.
            tls_ca_file=certificate,
            **{f"tls_{role}_cert": certificate for role in roles},
            **{f"tls_{role}_key": key for role in roles},
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(path: Path, text: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return str(path)
