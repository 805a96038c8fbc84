"""Vehicle sales: orders from the contract to the handover."""
