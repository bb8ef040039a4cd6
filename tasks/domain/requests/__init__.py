"""Rules about client requests: what an answer must be, when a request is complete, when it is repeated."""
