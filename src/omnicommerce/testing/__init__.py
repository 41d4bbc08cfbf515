"""What proves the engine, shipped: strategies, machines and checks for your own adapter."""
