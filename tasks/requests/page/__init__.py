"""What lies behind the client's page: links, sessions, codes, what it shows, and what is saved on it."""
