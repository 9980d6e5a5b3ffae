"""Public pages: read only, no volunteer's data, no cookies."""
