"""What is written down: tables and reads. SQLAlchemy Core on connections; nothing here commits."""
