"""The pages of the staff: conversations, moderation, the log; denied by default."""
