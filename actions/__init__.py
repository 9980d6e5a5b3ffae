"""Rasa custom actions, one file a topic: read the tracker, call one service, name the reply."""
