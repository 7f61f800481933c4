"""When to sign in anew, so that a session does not end with its token; pure."""

RENEW_BEFORE_S = 60.0
"""So long before the expiry, or a tenth of what is left where that is less."""
RENEW_AT_LEAST_S = 5.0
"""A token that has hardly any time left is not asked for again at once."""


def renew_in_s(expires_s: float, *, now_s: float) -> float:
    """Seconds to wait before a token is asked for that follows one which holds until `expires_s`."""
    left_s = expires_s - now_s
    return max(RENEW_AT_LEAST_S, left_s - min(RENEW_BEFORE_S, left_s / 10))
