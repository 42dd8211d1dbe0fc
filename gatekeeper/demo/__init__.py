"""The demonstration: six reports, a dozen people and some weeks of their acts, all made by the real actions."""
