"""Reading what people typed: texts, TOML, dates and numbers."""
