"""Everything that faces people and the network; the only place where things are wired."""
