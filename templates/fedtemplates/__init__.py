"""Templates of what fedmigrate writes: text only, no logic beyond leaving a part out."""
