"""Messages in and out: the durable inbox and outbox, buttons, and effects that happen once."""
