"""The page: tagging, graphs, boundaries and gradients to be watched in a browser, and the REST API behind it.

It needs the extra ``lab`` and is imported by nothing else of the package but the command.
"""

from deltarule.lab.app import create_app
from deltarule.lab.ready_model import kept_model, train_model
from deltarule.lab.serving import serve

__all__ = ["create_app", "kept_model", "serve", "train_model"]
