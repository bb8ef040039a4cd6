"""What happened and what is missing, as pages and files."""
