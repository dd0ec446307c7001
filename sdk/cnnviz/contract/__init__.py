"""What all rooms agree on, torch-free: names, params, kinds, layers, records, the event."""
