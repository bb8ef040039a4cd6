"""A firm's folder, opened."""
