"""From quantiles to stock: safety stock, days of cover, packs and par levels."""
