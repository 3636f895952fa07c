"""Where the specimen wanders in the field of view, found from the frames."""
