"""Stock per location, what is available to promise, and which store can serve whom."""
