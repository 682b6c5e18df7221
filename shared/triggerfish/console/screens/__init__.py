"""One file a screen: what it asks for, and its place in the page. Its drawing is the script of its name."""
