"""The published pages in a real browser: a sample site, and what is looked at in each page."""
