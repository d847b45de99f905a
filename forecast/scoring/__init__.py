"""Back-tests: rolling origins, what others do, and what a policy would have done."""
