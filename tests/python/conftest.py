"""What holds for all tests."""

import signal

# Where a shell runs this in the background, Ctrl-C is ignored, and so it would be by the tests of Ctrl-C and by their children.
signal.signal(signal.SIGINT, signal.default_int_handler)
