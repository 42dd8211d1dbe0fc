"""What a gated reading costs beside its floors, side by side in one run: ``python3 dev.py bench``."""
