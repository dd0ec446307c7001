"""The recorder: captures in a training loop, when they are due, written in the background."""
