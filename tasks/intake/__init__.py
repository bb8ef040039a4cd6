"""Files and databases to relations, missions and activities: the import."""
