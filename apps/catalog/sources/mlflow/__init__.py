"""Reads registered models, prompts, their versions and the runs behind them from one MLflow server.

The package is split by question: how the server is reached (`config`, `client`), how a listing is read
whole while others change it (`paging`), what a row means (`rows`, `values`), where metrics, parameters and
data come from (`runs`). `sweep` puts the answers together, `source` is the face to the catalog. The client
library `mlflow` is imported inside functions only: it is slow and large, and no web process needs it.
"""

from apps.catalog.sources.mlflow.config import MlflowConfig
from apps.catalog.sources.mlflow.source import MlflowSource

__all__ = ["MlflowConfig", "MlflowSource"]
