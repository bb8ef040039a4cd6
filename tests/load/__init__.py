"""Load: many clients at once on the client's page, idle and during a night."""
