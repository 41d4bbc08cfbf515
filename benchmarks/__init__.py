"""Benchmarks: what the library costs beside hand-written code for the same work."""
