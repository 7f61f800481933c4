"""Programs that play devices. They import nothing from the hub: what shares its code can't find its mistakes."""
