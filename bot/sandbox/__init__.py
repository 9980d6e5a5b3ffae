"""A local Telegram, for trying and for testing: a Bot API server on loopback and a chat page that plays the people."""
