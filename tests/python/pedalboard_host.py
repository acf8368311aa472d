"""Busbar in pedalboard, a JUCE host that leaves every bus but the main one off.

Without the guard the plug-in is never called there, and all audio passes as it is.
"""

import numpy as np
import pedalboard

import expect
from expect import BUSES, RATE, amplitude

FRAMES = 24_000


def load(bundle):
    return pedalboard.load_plugin(bundle)


def play(plugin, signal, block=512, rate=RATE):
    return plugin(signal, rate, buffer_size=block, reset=False)


def set_gain(plugin, name, decibels):
    """Sets a fader to a level: by text, pedalboard only takes the thousand that it has listed."""
    plugin.parameters[name].raw_value = expect.fader(decibels)
    expect.equal(getattr(plugin, name), f"{decibels:.2f} dB", name)


def it_is_what_it_says(bundle):
    plugin = load(bundle)
    expect.equal(plugin.name, "Busbar", "name")
    expect.equal(plugin.manufacturer_name, "Busbar", "vendor")
    expect.equal(plugin.is_effect, True, "an effect")
    expect.equal(plugin.reported_latency_samples, 0, "latency")
    expect.equal(len(plugin.parameters), 6 + 22 * BUSES, "parameters")


def nothing_set_is_nothing_done(bundle):
    signal = expect.noise(1, 2, FRAMES)
    for block in [1, 17, 512, 8_192, 100_000]:
        out = play(load(bundle), signal, block)
        expect.same_bits(out, signal, f"blocks of {block}")


def it_is_processed_at_all(bundle):
    plugin = load(bundle)
    set_gain(plugin, "master_gain", -6.0)
    signal = expect.noise(2, 2, FRAMES)
    play(plugin, signal)  # lets the fader arrive
    expect.close(play(plugin, signal), signal * amplitude(-6.0), "6 dB less")


def every_control_is_heard(bundle):
    signal = np.full((2, FRAMES), 0.5, np.float32)
    for name, value, left, right in [
        ("bus_1_balance", "L50", 1.0, 0.5),
        ("bus_1_mute", True, 0.0, 0.0),
        ("bus_1_to_master", False, 0.0, 0.0),
        ("master_gain", "-∞ dB", 0.0, 0.0),
        ("bus_2_gain", "12.00 dB", 1.0, 1.0),  # nothing comes in there
    ]:
        plugin = load(bundle)
        setattr(plugin, name, value)
        play(plugin, signal)
        expected = signal * np.array([[left], [right]], np.float32)
        expect.close(play(plugin, signal), expected, f"{name} at {value}")


def bypass_is_the_input(bundle):
    plugin = load(bundle)
    set_gain(plugin, "master_gain", -20.0)
    plugin.bypass = True
    signal = expect.noise(3, 2, FRAMES)
    play(plugin, signal)
    expect.same_bits(play(plugin, signal), signal, "in bypass")


def the_cut_of_the_blocks_cannot_be_heard(bundle):
    signal = expect.noise(4, 2, FRAMES)

    def take(block):
        plugin = load(bundle)
        set_gain(plugin, "bus_1_gain", -3.0)
        plugin.bus_1_balance = "R30"
        return play(plugin, signal, block)

    expected = take(512)
    for block in [1, 17, 64, 8_192, 30_000]:
        expect.same_bits(take(block), expected, f"blocks of {block}")


def state_goes_round(bundle):
    one, other = load(bundle), load(bundle)
    set_gain(one, "bus_1_gain", -7.5)
    one.bus_8_balance = "R77"
    one.bus_3_mute = True
    signal = expect.noise(5, 2, FRAMES)
    play(one, signal)  # while it could process, the framework takes values with the next block only
    state = one.raw_state
    expect.equal(one.raw_state, state, "the same state")
    other.raw_state = state
    for name in one.parameters:
        expect.equal(getattr(other, name), getattr(one, name), name)
    expect.equal(other.raw_state, state, "the loaded one's state")
    play(other, signal)
    expect.same_bits(play(other, signal), play(one, signal), "the loaded one")


def every_rate(bundle):
    signal = expect.noise(7, 2, FRAMES)
    plugin = load(bundle)
    for rate in [1_234.567_8, 8_000, 44_100, 48_000, 96_000, 192_000, 384_000]:
        expect.same_bits(play(plugin, signal, rate=rate), signal, f"at {rate} Hz")


if __name__ == "__main__":
    expect.run(
        [
            it_is_what_it_says,
            nothing_set_is_nothing_done,
            it_is_processed_at_all,
            every_control_is_heard,
            bypass_is_the_input,
            the_cut_of_the_blocks_cannot_be_heard,
            state_goes_round,
            every_rate,
        ]
    )
