"""Polls feeds and local articles politely, folds duplicates, and republishes them as topic feeds."""
