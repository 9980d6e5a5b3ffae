"""Rasa graph components, each a thin shell around bot.vocabulary."""
