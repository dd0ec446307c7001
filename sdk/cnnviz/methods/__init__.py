"""The built-in methods, one module each; found by name, listed nowhere."""
