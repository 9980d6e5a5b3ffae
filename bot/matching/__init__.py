"""Pure matching: people and missions in, ranked matches with their reasons out. No framework, no database, no clock."""
