"""The authorities of the place that the bundled seeds and samples are about, in the order of its file."""

from __future__ import annotations

from sources.place import DEFAULT, load_place

HOME_AUTHORITIES = tuple(load_place(DEFAULT).authorities.values())
