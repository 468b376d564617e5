"""synth.py [YUE ZH EN QUIET SEED] : phrases spoken by espeak-ng -> DATA/*.pkl, as Whisper hears them.

Each clip has a voice, speed and pitch, some an echo, a tilt or noise, by seed; then 16 kHz, then log-mel (float16).
Clips of silence, noise, hum, clicks and beeps are among them. Needs espeak-ng 1.51.
"""

import json
import os
import pickle
import random
import subprocess
import sys
from multiprocessing import Pool

import numpy as np
from assets import FILTERS
from grammar import make

# ---- settings -------------------------------------------------------------------------------------------------
N = {"yue": 9000, "zh": 9000, "en": 13000}
N_SIL = 1300
SEED = 21
DATA = "data"
PROCS = os.cpu_count() or 2
HEAVY = 0.45  # share of number/name-heavy templates
SPEED = (130, 190)
PITCH = (30, 70)
SNR = (12, 40)  # espeak-ng -s and -p, noise in dB below the speech
VAR_TRAIN = ["", "", "+m1", "+m2", "+m3", "+m4", "+m6", "+m7", "+m8", "+f1", "+f2", "+f3", "+f5"]
VAR_MORE = ["+adam", "+linda", "+steph", "+michael", "+john", "+belinda", "+rob", "+paul"]
VAR_HELD = ["+m5", "+f4"]  # never synthesised for training
BASE = {
    "yue": ["yue"],
    "zh": ["cmn-latn-pinyin"],
    "en": ["en-gb", "en-us", "en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd"],
}
# ---------------------------------------------------------------------------------------------------------------
WIN = np.hanning(401)[:-1].astype(np.float32)


def espeak(voice, text, speed, pitch):
    p = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text], capture_output=True
    )
    b = p.stdout
    i = b.find(b"data") + 8
    x = np.frombuffer(b[i : len(b) - ((len(b) - i) % 2)], dtype="<i2").astype(np.float32) / 32768
    return x


def resample(x, a=22050, b=16000):
    n = len(x)
    pad = (-n) % 441
    x = np.pad(x, (0, pad))
    m = len(x) * 320 // 441
    X = np.fft.rfft(x)
    Y = X[: m // 2 + 1].copy()
    return (np.fft.irfft(Y, m) * (m / len(x))).astype(np.float32)


def trim(x, th=0.004):
    i = np.where(np.abs(x) > th)[0]
    return x[i[0] : i[-1] + 1] if len(i) else x[:0]


def noise(n, r, rng):
    k = r.random()
    w = rng.standard_normal(n).astype(np.float32)
    if k < 0.35:
        return w
    W = np.fft.rfft(w)
    f = np.arange(len(W)) + 1.0
    y = np.fft.irfft(W / np.sqrt(f) * np.exp(0) if k < 0.7 else W / f, n).astype(np.float32)
    if k > 0.85:
        t = np.arange(n) / 16000
        b = r.choice([50, 60, 100, 120])
        y = y / (y.std() + 1e-9) * 0.5 + sum(
            np.sin(2 * np.pi * b * h * t + r.random() * 6) / h for h in range(1, 6)
        ).astype(np.float32)
    return y / (y.std() + 1e-9)


def augment(x, r, rng):
    if r.random() < 0.25:
        L = int(16000 * r.uniform(0.03, 0.25))
        ir = rng.standard_normal(L).astype(np.float32) * np.exp(-np.arange(L) / (L / 5))
        ir[0] = 1 + abs(ir).sum() * r.uniform(0.02, 0.1)
        n = len(x) + L
        x = np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(ir, n), n)[: len(x) + L // 3].astype(np.float32)
    x = x / (np.abs(x).max() + 1e-9)
    if r.random() < 0.2:  # mild spectral tilt
        a = r.uniform(-0.5, 0.5)
        x = x + a * np.concatenate([[0], x[:-1]]).astype(np.float32)
        x /= np.abs(x).max() + 1e-9
    g = 10 ** r.uniform(-1.3, -0.03)
    return x * g


def logmel(x):
    xp = np.concatenate([x[1:201][::-1], x, np.zeros(600, np.float32)])
    n = len(x) // 160 + 1
    fr = np.lib.stride_tricks.as_strided(xp, (n, 400), (xp.strides[0] * 160, xp.strides[0])) * WIN
    P = np.abs(np.fft.rfft(fr, axis=1)).astype(np.float32) ** 2
    m = np.log10(np.maximum(P @ FILTERS.T, 1e-10))
    m = np.maximum(m, m.max() - 8)
    return ((m + 4) / 4).astype(np.float16)


def clip(lang, text, voice, speed, pitch, r, rng, clean=False):
    x = trim(resample(espeak(voice, text, speed, pitch)))
    if len(x) < 1600:
        return None
    if clean:
        x = x / np.abs(x).max() * 0.6
    else:
        x = augment(x, r, rng)
    pre = int(16000 * r.choice([r.uniform(0, 0.15), r.uniform(0, 0.6)]))
    post = int(16000 * r.uniform(0.05, 0.5))
    s = pre / 16000
    e = (pre + len(x)) / 16000
    x = np.concatenate([np.zeros(pre, np.float32), x, np.zeros(post, np.float32)])
    if not clean and r.random() < 0.7:
        x = x + noise(len(x), r, rng) * np.sqrt((x**2).mean() + 1e-12) * 10 ** (-r.uniform(*SNR) / 20)
    return np.clip(x, -1, 1), s, e


def job(a):
    i, lang, seed, text = a
    r = random.Random(seed * 1000003 + i)
    rng = np.random.default_rng(seed * 1000003 + i)
    if lang == "sil":
        n = int(16000 * r.uniform(0.6, 6))
        k = r.random()
        x = np.zeros(n, np.float32) if k < 0.12 else noise(n, r, rng) * 10 ** r.uniform(-4, -1.0)
        if k > 0.7:  # clicks, bumps
            for _ in range(r.randint(1, 6)):
                p = r.randint(0, n - 900)
                L = r.randint(20, 800)
                x[p : p + L] += (
                    rng.standard_normal(L).astype(np.float32) * np.exp(-np.arange(L) / (L / 4)) * r.uniform(0.01, 0.4)
                )
        if 0.55 < k < 0.7:  # tones, beeps
            t = np.arange(n) / 16000
            x = x + (
                r.uniform(0.01, 0.3)
                * np.sin(2 * np.pi * r.uniform(200, 2500) * t)
                * (np.sin(2 * np.pi * r.uniform(0.3, 3) * t) > 0)
            ).astype(np.float32)
        x = np.clip(x, -1, 1).astype(np.float32)
        return ("sil", "", logmel(x), 0, 0, "noise")
    voice = r.choice(BASE[lang]) + r.choice(VAR_TRAIN if r.random() < 0.85 else VAR_MORE)
    try:
        c = clip(lang, text, voice, r.randint(*SPEED), r.randint(*PITCH), r, rng)
    except (OSError, ValueError) as why:
        print(f"left out: {text}: {why}", file=sys.stderr)
        return None
    if c is None:
        return None
    x, s, e = c
    return (lang, text, logmel(x), s, e, voice)


def main():
    n, nsil, seed = dict(N), N_SIL, SEED
    if len(sys.argv) > 1:
        n = dict(zip(("yue", "zh", "en"), map(int, sys.argv[1:4])))
        nsil = int(sys.argv[4])
        seed = int(sys.argv[5])
    os.makedirs(DATA, exist_ok=True)
    r = random.Random(seed)
    held = set(t for v in json.load(open("held.json")).values() for t in v)
    jobs = []
    for lang in n:
        k = 0
        while k < n[lang]:
            t = make(lang, r, r.random() < HEAVY)
            if t not in held:
                jobs.append((lang, t))
                k += 1
    jobs += [("sil", "")] * nsil
    r.shuffle(jobs)
    jobs = [(i, l, seed, t) for i, (l, t) in enumerate(jobs)]
    buf = []
    k = 0

    def flush():
        p = f"{DATA}/{seed}_{k:03d}"
        pickle.dump(buf, open(p + ".tmp", "wb"), protocol=4)
        os.rename(p + ".tmp", p + ".pkl")
        print(k, len(buf), flush=True)

    with Pool(PROCS) as p:
        for z in p.imap(job, jobs, chunksize=16):
            if z is not None:
                buf.append(z)
            if len(buf) >= 1000:
                flush()
                k += 1
                buf = []
        if buf:
            flush()


if __name__ == "__main__":
    main()
