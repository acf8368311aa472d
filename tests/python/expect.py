"""What the scripts that drive Python hosts share: signals, checks with readable failures, a runner."""

import sys
import traceback

import numpy as np

BUSES = 8
RATE = 48_000

# A different fader position for each bus, in decibels.
GAINS = [-1.0, -3.5, 2.0, -6.02, -12.0, 4.25, -20.0, -0.5]


def amplitude(decibels):
    """The factor that a level stands for."""
    return 10.0 ** (decibels / 20.0)


def fader(decibels):
    """Where a fader stands for a level, from 0 to 1: its curve from -80 to 12 dB is a square."""
    return ((decibels + 80.0) / 92.0) ** 2.0


def noise(seed, channels, frames):
    """White noise between -1 and 1, the same on every machine."""
    random = np.random.default_rng(seed)
    return random.uniform(-1.0, 1.0, (channels, frames)).astype(np.float32)


def true(condition, message):
    """Fails with a message that says what was expected."""
    if not condition:
        raise AssertionError(message)


def equal(found, wanted, what):
    """Fails unless two values are the same."""
    true(found == wanted, f"{what}: {found!r}, expected {wanted!r}")


def same_bits(found, wanted, what):
    """Fails unless two signals are the same to the bit."""
    equal(found.shape, wanted.shape, f"{what}: shape")
    differ = found.view(np.uint32) != wanted.view(np.uint32)
    if differ.any():
        side, frame = np.argwhere(differ)[0]
        raise AssertionError(
            f"{what}: {differ.sum()} of {differ.size} samples differ, first at frame {frame} "
            f"of channel {side}: {found[side, frame]!r}, expected {wanted[side, frame]!r}"
        )


def close(found, wanted, what, tolerance=1e-5):
    """Fails unless two signals are the same but for rounding."""
    equal(found.shape, wanted.shape, f"{what}: shape")
    wrong = np.abs(found - wanted)
    if not wrong.max() < tolerance:
        side, frame = np.unravel_index(np.argmax(wrong), wrong.shape)
        raise AssertionError(
            f"{what}: off by {wrong.max():.3g} at frame {frame} of channel {side}: "
            f"{found[side, frame]!r}, expected {wanted[side, frame]!r}"
        )


def run(tests):
    """Runs functions that take the bundle's path; exits with 1 if any fails."""
    bundle, failed = sys.argv[1], 0
    for test in tests:
        name = test.__name__.replace("_", " ")
        try:
            test(bundle)
            print(f"ok    {name}", flush=True)
        except Exception as error:  # whatever a host throws is a failed test
            failed += 1
            # Some hosts list every value of a parameter in their messages.
            print(f"FAIL  {name}: {str(error)[:400]}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_tb(error.__traceback__, file=sys.stdout)
    print(f"{len(tests) - failed} of {len(tests)} passed", flush=True)
    sys.exit(1 if failed else 0)
