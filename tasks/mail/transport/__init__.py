"""How messages leave: the folder and SendGrid."""
