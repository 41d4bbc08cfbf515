"""The few nouns and rules everything else is built from."""
