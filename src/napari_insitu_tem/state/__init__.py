"""What several widgets share: session, history, journal. No screen."""
