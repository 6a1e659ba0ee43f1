"""The zero-cost proxies: one module a proxy or family, each with its definition, and their registry."""

from importlib import import_module

from backend.proxies.registry import Proxy, available, get, load_module, register

__all__ = ["Proxy", "available", "get", "load_module", "register"]

for _module in (
    "grad_norm",
    "snip",
    "plain",
    "grasp",
    "fisher",
    "l2_norm",
    "synflow",
    "jacob_cov",
    "naswot",
    "zico",
    "zen",
    "ntk_cond",
    "linear_regions",
    "tenas",
    "t_cet",
    "az_nas",
    "size",
):
    import_module(f"backend.proxies.{_module}")
