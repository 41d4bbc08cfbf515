"""Orders: immutable snapshots of what was agreed, plus their own changes."""
