"""Busbar's editor in pedalboard, a JUCE host: opened for as often as lines come in on standard
input, each of which closes it again. Says what it does on standard output.
"""

import sys
import threading

import numpy as np
import pedalboard

ROUNDS = 2


def until_told(closing):
    sys.stdin.readline()
    closing.set()


def main(bundle):
    plugin = pedalboard.load_plugin(bundle)
    for _ in range(ROUNDS):
        closing = threading.Event()
        threading.Thread(target=until_told, args=[closing], daemon=True).start()
        print("opening", flush=True)
        plugin.show_editor(closing)
        print(f"closed with bus 1 at {plugin.bus_1_gain}", flush=True)
    signal = np.full((2, 48_000), 0.5, np.float32)
    heard = plugin(signal, 48_000, reset=False)
    print(f"heard {float(np.abs(heard[:, -480:]).max()):.6f}", flush=True)


main(sys.argv[1])
