"""Where and when goods change hands: collecting at a store."""
