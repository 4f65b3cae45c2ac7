"""Real feed readers, each a function that subscribes to our feeds and says what it stored."""
