"""The performance bench: many leads and deals made set-based, then pages and acts timed through the whole stack."""
