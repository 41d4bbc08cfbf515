"""Points: earned, pending, available, spent, clawed back."""
