"""What reads across capabilities and decides nothing: drift of prices between places."""
