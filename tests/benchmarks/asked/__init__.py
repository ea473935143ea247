"""Questions about datasets that an agent is asked, and what it reads for their answers."""
