"""A database of each kind, and APScheduler loaded once without its complaint."""

import warnings

from tests.worlds import store as store

with warnings.catch_warnings():
    # APScheduler 3.9 asks pkg_resources for its own version.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apscheduler  # noqa: F401
