"""Settings of the bench's own server: the product's, and a header that says what an answer cost the database."""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = ["pheu.home.bench.server.CostMiddleware", *_MIDDLEWARE]
