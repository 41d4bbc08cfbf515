"""Everything scarce: one ledger for stock, uses, budgets, points, cards and slots."""
