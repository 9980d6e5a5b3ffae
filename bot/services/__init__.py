"""Use cases, one function each: they check, change the database, and queue the messages that tell of it, in one transaction."""
