"""What the catalog's tests share: a real MLflow server."""

from tests.mlflow_server import mlflow_registry, mlflow_server

__all__ = ["mlflow_registry", "mlflow_server"]
