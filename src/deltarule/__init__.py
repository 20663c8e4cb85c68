"""deltarule: window taggers and small networks trained by backpropagation; every gradient fast, checked and visible."""

from deltarule.execution.reference import Run, backprop
from deltarule.graph.functions import *  # noqa: F403
from deltarule.networks import *  # noqa: F403
from deltarule.training import *  # noqa: F403
from deltarule.tagging.tagger import Tagger
from deltarule.data import sample_corpus
load = Tagger.load
