"""The search file: its model, validation, objectives and advice."""
