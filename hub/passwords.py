"""Passwords: argon2id hashes in their usual text form. Slow on purpose: call it in a thread."""

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from hub.errors import BAD_REQUEST, HubError

MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 1024
"""Beyond it a request would only cost time."""


def validate_password(password: str) -> str:
    """Give a new password back if it is a fit one; raises HubError(BAD_REQUEST) with the reason."""
    if len(password) < MIN_PASSWORD_CHARS:
        raise HubError(f"A password has at least {MIN_PASSWORD_CHARS} characters.", code=BAD_REQUEST)
    if len(password) > MAX_PASSWORD_CHARS:
        raise HubError(f"A password has at most {MAX_PASSWORD_CHARS} characters.", code=BAD_REQUEST)
    return password


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with a salt of its own."""
    return _hasher().hash(password)


def check_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one of the hash; without a hash (no such user) False, after the same work."""
    if password_hash is None:
        hash_password(password)
        return False
    try:
        return _hasher().verify(password, password_hash)
    except PwdlibError:
        return False


def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))
