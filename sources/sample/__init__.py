"""Bundled release files, in each publisher's own format, and the command that writes them."""
