"""Relations and missions to follow-ups to tasks."""
