"""A made-up region on fast-forward: policies of recommendation are compared in equal worlds. Pure: numpy, matching and vocabulary."""
