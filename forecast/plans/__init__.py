"""What to keep at a center: targets, limits of money and room, and how long today's stock lasts."""
