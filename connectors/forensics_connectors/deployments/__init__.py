"""Deployments: what was in use where and when, from a small CSV file that a user supplies."""

from forensics_connectors.deployments.connector import DeploymentsConnector

__all__ = ["DeploymentsConnector"]
