"""The HTTP application: every router, one shape of error, security headers."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

from hub.api import dashboard, health
from hub.api.deps import Context
from hub.observability.metrics import CONTENT_TYPE
from hub.readiness import Readiness
