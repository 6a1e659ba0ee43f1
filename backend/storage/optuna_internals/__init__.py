"""Every use of a private part of Optuna."""
