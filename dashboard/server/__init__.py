"""What belongs to the server and its sessions: who is there, which database is open, jobs in the background."""
