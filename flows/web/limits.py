"""How often something may be asked of the pages; counted in memory, by the one process that serves them.

May touch: the limits package. Tests: tests/integration/web/test_page_guard.py.
"""

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# For each kind, how often for one address, session or link. A link that is wrong is counted by address, so that
# nobody can lock another out by guessing.
WRONG_LINK: RateLimitItem = RateLimitItemPerMinute(20, 10, namespace="wrong-link")
REQUEST: RateLimitItem = RateLimitItemPerMinute(120, namespace="request")
DESK_REQUEST: RateLimitItem = RateLimitItemPerMinute(600, namespace="desk-request")
UPLOAD: RateLimitItem = RateLimitItemPerHour(60, namespace="upload")
RENEWAL: RateLimitItem = RateLimitItemPerHour(10, namespace="renewal")
SIGN_IN: RateLimitItem = RateLimitItemPerHour(20, namespace="sign-in")
QUESTION: RateLimitItem = RateLimitItemPerHour(10, namespace="question")


class Limits:
    """Counts what was asked."""

    def __init__(self) -> None:
        self._counts = MovingWindowRateLimiter(MemoryStorage())

    def is_over(self, limit: RateLimitItem, whose: object) -> bool:
        """Whether that many were counted already; counts nothing."""
        return not self._counts.test(limit, str(whose))

    def takes(self, limit: RateLimitItem, whose: object) -> bool:
        """Count one more; False if it is too many."""
        return self._counts.hit(limit, str(whose))
