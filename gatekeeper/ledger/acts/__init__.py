"""Parts of acts that several actions share: proposing, approving, applying, telling."""
