"""Networks captured as data: layers by name, taps anywhere, receptive fields, save and load."""

from cnnviz.contract.layers import ReceptiveField
from cnnviz.graph.capture import capture
from cnnviz.graph.graph import Graph
from cnnviz.graph.hooknet import HookNet
from cnnviz.graph.loading import load_graph
from cnnviz.graph.net import Net

__all__ = ["Graph", "HookNet", "Net", "ReceptiveField", "capture", "load_graph"]
