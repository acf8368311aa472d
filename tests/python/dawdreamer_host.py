"""Busbar in dawdreamer, a JUCE host that connects every bus: sixteen input channels, four outputs."""

import os
import tempfile

import dawdreamer
import numpy as np

import expect
from expect import BUSES, GAINS, RATE, amplitude

FRAMES = 12_000


class Rig:
    """A graph of a playback and the plug-in."""

    def __init__(self, bundle, block=512, rate=RATE):
        self.rate = rate
        self.engine = dawdreamer.RenderEngine(rate, block)
        self.plugin = self.engine.make_plugin_processor("busbar", bundle)
        self.source = self.engine.make_playback_processor("source", silence())
        self.engine.load_graph([(self.source, []), (self.plugin, ["source"])])
        described = self.plugin.get_parameters_description()
        self.index = {param["name"]: param["index"] for param in described}

    def play(self, signal):
        """What comes out for a signal on all sixteen channels."""
        self.source.set_data(signal)
        expect.true(self.engine.render(signal.shape[1] / self.rate), "the render failed")
        return self.engine.get_audio()[:, : signal.shape[1]]

    def set(self, name, value):
        """Sets a parameter to a value from 0 to 1."""
        expect.true(self.plugin.set_parameter(self.index[name], value), f"{name} was not set")

    def text(self, name):
        """What the plug-in writes for a parameter."""
        return self.plugin.get_parameter_text(self.index[name])

    def load(self, file):
        """Loads a state; dawdreamer does so and then asks for an editor, if there is one or not."""
        try:
            self.plugin.load_state(file)
        except RuntimeError as error:
            expect.true("no available editor" in str(error), f"the state was refused: {error}")

    def set_gain(self, name, decibels):
        """Sets a fader to a level."""
        self.set(name, expect.fader(decibels))
        expect.equal(self.text(name), f"{decibels:.2f} dB", name)


def silence():
    return np.zeros((2 * BUSES, FRAMES), np.float32)


def only(signal, bus):
    """A signal of which one bus is left."""
    alone = np.zeros_like(signal)
    alone[2 * bus : 2 * bus + 2] = signal[2 * bus : 2 * bus + 2]
    return alone


def all_channels_are_there(bundle):
    rig = Rig(bundle)
    expect.equal(rig.plugin.get_num_input_channels(), 2 * BUSES, "input channels")
    expect.equal(rig.plugin.get_num_output_channels(), 4, "output channels")
    expect.equal(rig.plugin.get_latency_samples(), 0, "latency")
    expect.equal(len(rig.index), 6 + 22 * BUSES, "parameters")


def nothing_set_is_nothing_done(bundle):
    signal = only(expect.noise(1, 2 * BUSES, FRAMES), 0)
    for block in [1, 17, 512, 4_096]:
        out = Rig(bundle, block).play(signal)
        expect.same_bits(out[:2], signal[:2], f"main in blocks of {block}")
        expect.same_bits(out[2:], signal[:2], f"monitor in blocks of {block}")


def every_bus_arrives_at_its_gain(bundle):
    rig = Rig(bundle)
    for bus, gain in enumerate(GAINS):
        rig.set_gain(f"Bus {bus + 1} Gain", gain)
    signal = expect.noise(2, 2 * BUSES, FRAMES)
    rig.play(signal)  # lets the faders arrive
    total = np.zeros((2, FRAMES), np.float64)
    for bus, gain in enumerate(GAINS):
        expected = signal[2 * bus : 2 * bus + 2] * amplitude(gain)
        total += expected
        out = rig.play(only(signal, bus))
        expect.close(out[:2], expected, f"bus {bus + 1} alone, main")
        expect.close(out[2:], expected, f"bus {bus + 1} alone, monitor")
    expect.close(rig.play(signal)[:2], total, "all buses together")


def left_and_right_stay_apart(bundle):
    rig = Rig(bundle)
    for channel in range(2 * BUSES):
        signal = silence()
        signal[channel] = 0.5
        out = rig.play(signal)
        expect.true((out[channel % 2] == 0.5).all(), f"channel {channel} is missing")
        expect.true((out[1 - channel % 2] == 0.0).all(), f"channel {channel} is on both sides")


def automation_is_followed(bundle):
    rig = Rig(bundle, block=64)
    signal = silence()
    signal[4] = 1.0
    values = np.full(FRAMES, expect.fader(0.0), np.float32)
    values[6_000:] = 0.0
    expect.true(rig.plugin.set_automation(rig.index["Bus 3 Gain"], values), "not automated")
    out = rig.play(signal)[0]
    expect.true((out[480:5_900] == 1.0).all(), f"open at first: {out[480:5_900].min()}")
    expect.true((out[6_600:] == 0.0).all(), f"closed in the end: {out[6_600:].max()}")
    steepest = np.abs(np.diff(out[480:])).max()
    expect.true(steepest <= 1.05 / 480, f"a step of {steepest} between two samples")


def state_goes_round(bundle):
    one, other = Rig(bundle), Rig(bundle)
    for bus, gain in enumerate(GAINS):
        one.set_gain(f"Bus {bus + 1} Gain", gain)
    one.set("Bus 2 Mute", 1.0)
    signal = expect.noise(3, 2 * BUSES, FRAMES)
    one.play(signal)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "state")
        one.plugin.save_state(file)
        other.load(file)
    for name in one.index:
        expect.equal(other.text(name), one.text(name), name)
    other.play(signal)
    expect.same_bits(other.play(signal), one.play(signal), "the loaded one")


def every_rate(bundle):
    for rate in [8_000, 44_100, 96_000, 192_000, 384_000]:
        signal = only(expect.noise(4, 2 * BUSES, FRAMES), 0)
        out = Rig(bundle, rate=rate).play(signal)
        expect.same_bits(out[:2], signal[:2], f"at {rate} Hz")


if __name__ == "__main__":
    expect.run(
        [
            all_channels_are_there,
            nothing_set_is_nothing_done,
            every_bus_arrives_at_its_gain,
            left_and_right_stay_apart,
            automation_is_followed,
            state_goes_round,
            every_rate,
        ]
    )
