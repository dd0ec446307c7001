"""Networks captured as data: layers by name, taps anywhere, receptive fields, save and load."""

from cnnviz.graph.capture import capture
from cnnviz.graph.graph import Graph
from cnnviz.graph.hooknet import HookNet
from cnnviz.graph.loading import load_graph
from cnnviz.graph.net import Net
from cnnviz.graph.receptive_field import ReceptiveField

__all__ = ["Graph", "HookNet", "Net", "ReceptiveField", "capture", "load_graph"]
