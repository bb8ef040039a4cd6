"""The pipeline's stages. Each reads or writes, calls one rule of domain/, and returns its counts."""
