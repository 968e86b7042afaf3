"""What ``gifmcts cwmb …`` offers beside runs."""
