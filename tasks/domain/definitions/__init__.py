"""Models of the firm's files: templates, firm.yaml, profiles, sources."""
