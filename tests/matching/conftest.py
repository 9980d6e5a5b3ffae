"""The engines that tests hold beside each other."""

from __future__ import annotations

import importlib.util
import os
from types import ModuleType

import pytest

from bot.matching import blocks


def engine_of(name: str) -> ModuleType:
    """numpy or numba; skips the test where numba is not installed, for it is an extra."""
    if name == "numpy":
        return blocks
    if importlib.util.find_spec("numba") is None:
        if os.environ.get("TADAMON_SKIP_NOTHING"):
            raise RuntimeError("numba is not installed: it is in the dependency group dev")
        pytest.skip("numba is not installed (pip install numba)")
    return importlib.import_module("bot.matching.compiled")


@pytest.fixture(scope="session")
def compiled() -> ModuleType:
    return engine_of("numba")


@pytest.fixture(scope="session", params=["numpy", "numba"])
def either(request: pytest.FixtureRequest) -> ModuleType:
    """Both engines, one after the other."""
    return engine_of(request.param)
