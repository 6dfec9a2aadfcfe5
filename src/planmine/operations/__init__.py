"""Running PlanMine over months: its commands, its health, its watch over sources, what it tells people."""
