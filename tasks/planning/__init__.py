"""Planning: relations and missions to follow-ups, follow-ups to tasks."""
