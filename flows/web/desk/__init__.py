"""The desk: the firm's own pages, in the same application as the client's page."""
