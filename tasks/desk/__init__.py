"""The desk, the firm's own pages: who is signed in, what is shown, and what each person did."""
