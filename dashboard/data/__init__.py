"""Every read of the backend, cached and keyed; pages and figures take what they show from here."""
