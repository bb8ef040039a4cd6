"""A firm's folder: its settings, its checks, its clock and its transport."""
