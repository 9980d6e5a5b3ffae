"""The only place that knows Telegram: gateway, keyboards, sender, limits."""
