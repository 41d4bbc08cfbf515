"""Small programs that show one thing each: ``python -m examples.two_devices``."""
