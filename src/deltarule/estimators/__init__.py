"""Small networks with scikit-learn's interface; needs scikit-learn (the extra ``estimators``)."""

from deltarule.estimators.classifier import NetworkClassifier
from deltarule.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
