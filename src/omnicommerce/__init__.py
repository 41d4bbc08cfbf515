"""The decisions of an omnichannel shop: one cart, one price, nothing sold twice."""
