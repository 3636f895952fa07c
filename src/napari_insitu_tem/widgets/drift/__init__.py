"""The Drift dock: estimated, looked at, switched on and off."""
