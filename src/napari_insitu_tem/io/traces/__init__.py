"""Records of potentiostats and holders: one module a format."""
