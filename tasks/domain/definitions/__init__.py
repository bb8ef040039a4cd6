"""What a firm writes: templates, firm.yaml, profiles, sources."""
