"""When things run and in what order. Only flows/ reads the settings and the clock."""
