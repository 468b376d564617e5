"""Whisper's mel filters and vocabulary, read from a model file that has them: the one that this makes, or any other with
the multilingual vocabulary (both come from openai-whisper, MIT)."""

import os
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.environ.get("LIKE", os.path.join(HERE, "../../tests/fixtures/estate-test-q5_0.bin"))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    number = lambda at: struct.unpack_from("<i", data, at)[0]
    mels, bins = number(48), number(52)
    filters = np.frombuffer(data, "<f4", mels * bins, 56).reshape(mels, bins)
    at = 56 + 4 * mels * bins
    tokens = []
    for _ in range(number(at)):
        length = number(at + 4)
        tokens.append(data[at + 8 : at + 8 + length])
        at += 4 + length
    return filters, tokens


FILTERS, TOKENS = read(MODEL)
