import pytest

from hub.errors import BAD_REQUEST, HubError
from hub.passwords import MAX_PASSWORD_CHARS, check_password, hash_password, validate_password


def test_a_password_fits_its_hash_only() -> None:
    password_hash = hash_password("correct horse ✓")
    assert password_hash.startswith("$argon2id$")
    assert check_password("correct horse ✓", password_hash)
    assert not check_password("correct horse", password_hash)
    assert hash_password("correct horse ✓") != password_hash


@pytest.mark.parametrize("password_hash", [None, "", "x", "$argon2id$v=19$m=1,t=1,p=1$bad$bad"])
def test_nothing_fits_no_hash(password_hash: str | None) -> None:
    assert not check_password("correct horse", password_hash)


@pytest.mark.parametrize("password", ["", "seven77", "x" * (MAX_PASSWORD_CHARS + 1)])
def test_unfit_passwords_are_refused(password: str) -> None:
    with pytest.raises(HubError, match="characters") as caught:
        validate_password(password)
    assert caught.value.code is BAD_REQUEST


def test_fit_passwords_are_given_back() -> None:
    assert validate_password("eight888") == "eight888"
