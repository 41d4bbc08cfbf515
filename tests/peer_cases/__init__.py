"""Price the cases that other engines' test suites assert, and compare the figures.

``python -m tests.peer_cases FILE…`` reads files in the format that
``tests/data/peer_cases/README.md`` describes.
"""
