"""What spans the rooms: from a cart to an order, through payment, to the hand-over."""
