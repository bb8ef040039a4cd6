"""Messages to receipts: attempts, what is done about unknown outcomes, events and suppressions."""
