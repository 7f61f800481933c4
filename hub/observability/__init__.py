"""What the hub says of itself: metrics and logging."""
