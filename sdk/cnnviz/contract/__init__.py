"""What all rooms agree on, torch-free: names, params, result kinds, layers, records, the event's protobuf."""
