"""A database of each kind."""

from tests.worlds import store as store
