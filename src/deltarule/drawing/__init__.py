"""Drawings as SVG: boxes and arrows, and layers of neurons. They know shapes on paper, not graphs or networks."""

from deltarule.drawing.boxes import Box, draw_boxes
from deltarule.drawing.drawing import Drawing
from deltarule.drawing.layout import layout_available
from deltarule.drawing.neurons import MOST_NEURONS, NeuronLayer, draw_neurons
from deltarule.drawing.text import brief

__all__ = ["MOST_NEURONS", "Box", "Drawing", "NeuronLayer", "brief", "draw_boxes", "draw_neurons", "layout_available"]
