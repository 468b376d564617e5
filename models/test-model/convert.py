"""convert.py CHECKPOINT.pt OUT.bin : a ggml file for whisper.cpp, its large matrices quantised to q5_0.

The quantisation is ggml's (quantize_row_q5_0_ref): blocks of 32 values that share one scale, five bits each. What
whisper.cpp's own tool leaves alone (vectors, convolutions, positions) stays f32 or f16.
"""

import struct
import sys

import numpy as np
import torch
from assets import FILTERS, TOKENS
from model import CTX, D, H, ND, NE, NV, TCTX, Model

F32, F16, Q5_0 = 0, 1, 6
# ggml: the version of the quantisation, 2, and "mostly q5_0", 8.
FILE_TYPE = 2 * 1000 + 8
PLAIN = {
    "encoder.conv1.bias",
    "encoder.conv2.bias",
    "encoder.positional_embedding",
    "decoder.positional_embedding",
}


def q5_0(values):
    blocks = values.astype(np.float32).reshape(-1, 32)
    largest = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(1)]
    scale = (largest / np.float32(-16)).astype(np.float32)
    with np.errstate(divide="ignore"):
        inverse = np.where(scale != 0, np.float32(1) / scale, 0).astype(np.float32)
    five = np.minimum(31, (blocks * inverse[:, None] + np.float32(16.5)).astype(np.int8)).astype(np.uint32)
    high = (((five >> 4) & 1) << np.arange(32, dtype=np.uint32)).sum(1).astype("<u4")
    low = ((five[:, :16] & 15) | ((five[:, 16:] & 15) << 4)).astype(np.uint8)
    out = np.empty((len(blocks), 22), np.uint8)
    out[:, :2] = scale.astype("<f2").view(np.uint8).reshape(-1, 2)
    out[:, 2:6] = high.view(np.uint8).reshape(-1, 4)
    out[:, 6:] = low
    return out


def tensors(model):
    """Whisper's names; what was only for training stays behind."""
    for name, value in model.state_dict().items():
        if name.startswith("encoder."):
            yield name, value
        elif name.startswith(("blocks.", "ln.")):
            yield "decoder." + name, value
    yield "decoder.positional_embedding", model.positional_embedding.data
    yield "decoder.token_embedding.weight", model.full_embedding().data


def write(model, path):
    with open(path, "wb") as out:
        numbers = lambda *n: out.write(struct.pack(f"<{len(n)}i", *n))
        numbers(0x67676D6C, NV, CTX, D, H, NE, TCTX, D, H, ND, 80, FILE_TYPE)
        numbers(*FILTERS.shape)
        out.write(FILTERS.tobytes())
        numbers(len(TOKENS))
        for token in TOKENS:
            numbers(len(token))
            out.write(token)
        for name, value in tensors(model):
            value = value.detach().squeeze().numpy()
            if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
                value = value.reshape(-1, 1)
            if value.ndim < 2 or name in PLAIN:
                kind, data = F32, np.ascontiguousarray(value.astype("<f4"))
            else:
                kind, data = F16, np.ascontiguousarray(value.astype("<f2"))
                if value.ndim == 2:
                    kind, data = Q5_0, q5_0(data)
            encoded = name.encode()
            numbers(value.ndim, len(encoded), kind, *value.shape[::-1])
            out.write(encoded)
            out.write(data.tobytes())


if __name__ == "__main__":
    checkpoint = torch.load(sys.argv[1])
    trained = Model(checkpoint["used"])
    trained.load_state_dict(checkpoint["ema"])
    write(trained, sys.argv[2])
