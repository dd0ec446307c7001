"""The recorder: captures in a training loop, when they are due, written in the background."""

from cnnviz.recording.recorder import Recorder

__all__ = ["Recorder"]
