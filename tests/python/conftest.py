"""Settings and fixtures for all tests."""

import signal

# Where a shell runs this in the background, Ctrl-C is ignored, and so it would be by those who test it and by what
# they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
