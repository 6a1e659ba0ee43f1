"""The passes through a network: each yields one or more observations for the proxies that read them."""
