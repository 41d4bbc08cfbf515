"""Stores that keep what the engine decides: in memory, or in SQL."""
