"""Measurements that print tables; no test depends on a time."""
