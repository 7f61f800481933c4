"""A broker that speaks TLS, for both clients."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import mosquitto, program


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `cert.pem` and `key.pem` of localhost, which certify themselves."""
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", directory / "key.pem", "-out", directory / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return directory


@pytest.fixture
def secured(certificate: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of a broker that speaks TLS."""
    lines = (f"certfile {certificate / 'cert.pem'}", f"keyfile {certificate / 'key.pem'}")
    with mosquitto(tmp_path, *lines) as server:
        yield f"mqtts://127.0.0.1:{server.port}"
