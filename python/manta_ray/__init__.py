"""The bridge between Manta's controller and a Ray cluster. README.md in this folder says how its pieces stand
together."""

__version__ = "0.1.0"
PROTOCOL = 1
MINIMUM_RAY = (2, 60, 0)
