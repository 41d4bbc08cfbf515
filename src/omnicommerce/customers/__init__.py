"""Who the customer is, in every channel."""
