"""One call of the bot: what may befall it on its way, what Telegram lets through, and what is counted."""

from __future__ import annotations

import math
from typing import Any

from bot.sandbox import faults
from bot.sandbox.content import Parameters
from bot.sandbox.errors import ApiError, too_many
from bot.sandbox.faults import Fault
from bot.sandbox.limits import LIMITED
from bot.sandbox.methods import METHODS
from bot.sandbox.state import State

_NAMES = {name.lower(): name for name in METHODS}
"""Telegram takes a method's name in any case."""


async def call(state: State, name: str, parameters: Parameters) -> Any:
    """Call a method by name. Raises ApiError where the answer is a refusal, ConnectionAbortedError where there is to be none."""
    try:
        return await _call(state, name, parameters)
    except ApiError as error:
        if error.code != 429:
            state.counts.refused(error.code)
        raise


async def _call(state: State, given_name: str, parameters: Parameters) -> Any:
    name = _NAMES.get(given_name.lower())
    if name is None:
        raise ApiError(404, "Not Found: method not found")
    if outage := faults.outage(state.faults):
        outage.hits += 1
        if outage.refuses:
            raise _broken(state, "dropped")
        raise ApiError(502, "Bad Gateway")
    chat_id = chat_of(parameters)
    fault = faults.first(state.faults, name, chat_id)
    if fault is None:
        return await _through(state, name, chat_id, parameters)
    return await _befallen(state, fault, name, chat_id, parameters)


def chat_of(parameters: Parameters) -> int | None:
    """The chat that a call is about, if it is about one."""
    try:
        return int(parameters["chat_id"])
    except (KeyError, TypeError, ValueError):
        return None


async def _befallen(state: State, fault: Fault, name: str, chat_id: int | None, parameters: Parameters) -> Any:
    kind = fault.kind
    if kind == "429":
        _count_early(state, name, chat_id)
        wait = max(1, math.ceil(fault.seconds))
        if chat_id is not None:
            state.gate.close(chat_id, wait)
        state.counts.add("429_injected")
        raise too_many(wait)
    if kind in ("500", "502"):
        raise ApiError(int(kind), "Internal Server Error" if kind == "500" else "Bad Gateway")
    if kind == "slow":
        state.counts.add("slow")
        await state.pause(fault.seconds)
        return await _through(state, name, chat_id, parameters)
    is_accepted = kind.endswith("after_accept") and await _is_accepted(state, name, chat_id, parameters)
    if kind.startswith("timeout"):
        await state.pause(fault.seconds)
    count = "timeouts" if kind.startswith("timeout") else "dropped"
    raise _broken(state, f"{count}_after_accept" if is_accepted else count)


async def _is_accepted(state: State, name: str, chat_id: int | None, parameters: Parameters) -> bool:
    """Do what is asked for; its answer gets lost, whatever it is."""
    try:
        await _through(state, name, chat_id, parameters)
    except ApiError:
        return False
    return True


async def _through(state: State, name: str, chat_id: int | None, parameters: Parameters) -> Any:
    if chat_id is not None and name.lower() in LIMITED:
        left = _count_early(state, name, chat_id)
        if left and state.gate.limits:
            raise too_many(math.ceil(left))
        try:
            state.gate.enter(chat_id)
        except ApiError:
            state.counts.add("429_earned")
            raise
    result = await METHODS[name](state, parameters)
    state.counts.accepted[name] += 1
    return result


def _count_early(state: State, name: str, chat_id: int | None) -> float:
    """Count a message that comes although the bot was told to wait; returns the seconds it should still have waited."""
    left = state.gate.wait_left(chat_id) if chat_id is not None and name.lower() in LIMITED else 0.0
    if left:
        state.counts.add("429_early")
    return left


def _broken(state: State, count: str) -> ConnectionAbortedError:
    state.counts.add(count)
    return ConnectionAbortedError(count)
