"""A certificate for a broker on 127.0.0.1, and the authority to trust it by."""

from __future__ import annotations

import os
from pathlib import Path


def certify(folder: Path) -> Path:
    """Write `server.pem` (key and chain, only for the owner) once; return the authority's file."""
    import trustme  # makes keys when it is loaded: late

    authority_file, server = folder / "ca.pem", folder / "server.pem"
    if not (server.is_file() and authority_file.is_file()):
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        _write(server, _pkcs8(certificate.private_key_pem.bytes()) + chain)
        authority.cert_pem.write_to_path(str(authority_file))
    return authority_file


def _pkcs8(key: bytes) -> bytes:
    """Return a PEM key in the only form that Kafka reads (KIP-651)."""
    from cryptography.hazmat.primitives import serialization as form

    return form.load_pem_private_key(key, None).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )


def _write(file: Path, content: bytes) -> None:
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "wb") as opened:
        opened.write(content)


__all__ = ["certify"]
