"""The shared cart: one log of operations from every device, folded to one state."""
