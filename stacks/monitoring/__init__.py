"""The monitoring stack: alarms that tell the owner, and one dashboard."""

from stacks.monitoring.stack import Monitoring

__all__ = ["Monitoring"]
