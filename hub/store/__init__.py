"""What is kept: the store contracts and their implementations."""
