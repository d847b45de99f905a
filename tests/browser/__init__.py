"""What a person sees: Chromium opens the pages."""
