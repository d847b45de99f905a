"""Numbers in, numbers out: demand, safety stock and their measured error."""
