"""Every use of a private part of Optuna or optuna-dashboard; no other module names one.

Private parts change without notice. ``tests/backend/storage/test_optuna_internals.py`` says what is relied on of each,
so that an upgrade of Optuna shows there what has to change here.
"""
