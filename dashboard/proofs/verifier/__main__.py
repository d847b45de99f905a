"""Make verifier.html anew from its sources."""

from dashboard.proofs.verifier.making import PAGE, make

PAGE.write_bytes(make())
print(f"made {PAGE.name}: {PAGE.stat().st_size:,} bytes")
