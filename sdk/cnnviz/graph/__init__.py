"""Networks captured as data: layers by name, taps anywhere, receptive fields, portable save and load."""

from cnnviz.graph.capture import capture
from cnnviz.graph.graph import Graph
from cnnviz.graph.hooknet import HookNet
from cnnviz.graph.net import Net
from cnnviz.graph.receptive_field import ReceptiveField
from cnnviz.graph.storing import load_graph

__all__ = ["Graph", "HookNet", "Net", "ReceptiveField", "capture", "load_graph"]
