"""Delivery of messages: attempts, unknown outcomes, events and suppressions."""
