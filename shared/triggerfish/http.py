"""Routes and error bodies of the events function."""
