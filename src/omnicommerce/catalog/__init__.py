"""What the shop sells: products, variants, barcodes and kits."""
