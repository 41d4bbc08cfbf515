"""Weighted multiset packing: which applications of which offers give the most, with a proof."""
