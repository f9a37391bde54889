"""How long the main job takes and how much memory it needs, on the machine at hand. Nothing here is asserted."""
