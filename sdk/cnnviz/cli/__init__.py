"""The `cnnviz` command: demo, inspect, methods, verify."""
