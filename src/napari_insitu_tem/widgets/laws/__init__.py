"""Rate laws in the front dock, and over the lanes of the timeline."""
