"""What proves prices: configurations, baskets and situations to try, and laws they must keep."""
