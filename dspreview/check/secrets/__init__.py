"""Keys and personal data in texts: what they look like, what proves them, and how they are shown without being told."""
