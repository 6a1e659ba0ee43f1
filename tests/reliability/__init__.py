"""What a search survives: kills, lost databases, full and read-only disks, another machine."""
