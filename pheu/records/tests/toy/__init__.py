"""A kind of record made with schema, model and kind only: no urls, views, panels, roles or seeds of its own."""
