"""The `cnnviz` command: demo, inspect, run, export, methods, verify."""
