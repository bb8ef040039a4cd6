"""Messages: composed, rendered, delivered."""
