"""Answers of the Bot API that are not ok."""

from __future__ import annotations


class ApiError(Exception):
    """An answer that is not ok: the status code, Telegram's words for it, and parameters such as retry_after."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> ApiError:
    """What was asked for is wrong."""
    return ApiError(400, f"Bad Request: {description}")


def too_many(seconds: int) -> ApiError:
    """Too much was asked for; after so many seconds it may be asked again."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
