"""What the desk has done: each function is one act, called in the worker's process."""
