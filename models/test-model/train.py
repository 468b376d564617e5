"""train.py OUT.pt [INIT.pt] : trains the model on DATA/*.pkl, from nothing or from a checkpoint.

One process of one thread a core, gradients averaged (gloo). Losses: cross-entropy over text and stamps; for help, and
thrown away later, CTC, the label of the frame at a token's centre, and guided cross-attention. Windows hold 2 to 5
sentences with pauses of 0.3 to 1.2 s, often under noise, each sentence stamped; silence and noise give no speech.
Matrices are trained with Muon (Jordan 2024), the rest with AdamW; the file gets the moving average of the weights.
"""

import glob
import json
import math
import os
import pickle
import random
import sys
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from grammar import make
from model import D, EOT, LANG, NOSP, NOT, PREV, SOT, TRANSC, TS0, ZPAD, Model
from tok import ENC, enc

# ---- settings (environment overrides) ---------------------------------------------------------------------------
S = lambda k, d: type(d)(os.environ.get(k, d))
MINUTES = S("MINUTES", 180.0)  # wall clock; warm start: 20-25
LR = S("LR", 2e-3)  # warm start: 1.5e-3
MULTI_FROM = S("MULTI_FROM", 0.2)  # share of the run that uses single phrases only; warm start: 0
P_MULTI = S("P_MULTI", 0.45)  # batches of windows with several sentences
P_FULL = S("P_FULL", 0.04)  # batches of real 30 s windows (noise to the end, silence)
P_EN = S("P_EN", 0.42)  # share of English (the rest is split evenly)
AUX_FRAME = S("AUX_FRAME", 0.45)  # frame-label loss until this share of the run
AUX_GUIDE = S("AUX_GUIDE", 0.6)  # guided cross-attention until this share of the run
FRAMES = S("FRAMES", 8000)  # mel frames per batch and process
SIL = S("SIL", 3)  # silence/noise items per batch (delivered weights: 1-2 in the main run, 5 in the last two minutes)
MAXT = 700  # longest clip, 10 ms frames
EVAL_MIN = S("EVAL_MIN", 1e9)  # minutes between evaluations / checkpoints
PROCS = S("PROCS", os.cpu_count() or 2)
DATA = S("DATA", "data")
PORT = S("PORT", 29517)
# -----------------------------------------------------------------------------------------------------------------
OUT = sys.argv[1]
INIT = sys.argv[2] if len(sys.argv) > 2 else None
LANGS = ("yue", "zh", "en")
Q = np.float16


def vocabulary():
    if os.path.exists("used.json"):
        return json.load(open("used.json"))
    u = set()
    r = random.Random(3)
    for l in LANGS:
        for i in range(40000):
            u.update(enc(l, make(l, r, i % 2 == 0)))
    used = sorted(u) + [EOT, SOT, TRANSC, PREV, NOSP, NOT] + list(LANG.values())
    json.dump(used, open("used.json", "w"))
    return used


def warm(m, path):
    ck = torch.load(path)
    old = {t: i for i, t in enumerate(ck["used"])}
    sd = m.state_dict()
    for k, v in ck["ema"].items():
        if k in ("lut", "lbias"):
            continue
        if k in ("emb", "ctc.weight", "ctc.bias"):
            for i, t in enumerate(m.used):
                if t in old:
                    sd[k][i] = v[old[t]]
                elif k != "ctc.bias":
                    sd[k][i] = v[: len(old)].mean(0) + torch.randn(D) * 0.02
                else:
                    sd[k][i] = v[: len(old)].mean()
            if k != "emb":
                sd[k][-1] = v[-1]
        else:
            sd[k] = v
    m.load_state_dict(sd)


def load(LUT):
    data = {l: [] for l in LANGS}
    sil = []
    for f in sorted(sum((glob.glob(d + "/*.pkl") for d in DATA.split(":")), [])):
        for l, t, mel, s, e, v in pickle.load(open(f, "rb")):
            if l == "sil":
                sil.append(mel)
                continue
            ids = enc(l, t)
            if all(LUT[i] >= 0 for i in ids) and len(mel) <= MAXT:
                data[l].append((l, ids, mel, s, e))
    for l in LANGS:
        data[l].sort(key=lambda z: len(z[2]))
    return data, sil


def quiet(sil, r, n, top):  # n frames of noise mel whose loudest bin is at `top`
    z = sil[r.randrange(len(sil))]
    k = r.randrange(max(1, len(z) - n)) if len(z) > n else 0
    z = np.tile(z, (n // len(z) + 1, 1))[k : k + n]
    return z + Q(top - float(z.max()))


def mix(a, b):
    return (
        np.log10(10 ** (4 * a.astype(np.float32)) + 10 ** (4 * b.astype(np.float32))) / 4
    )  # power sum of two log-mels ((log10+4)/4)


def window(data, sil, r, full):
    l = "en" if r.random() < P_EN else r.choice(("yue", "zh"))
    k = r.choice([2, 2, 3, 3, 4, 4, 5]) if not full else r.randint(1, 7)
    lim = 3000 if full else 1700
    mels = []
    segs = []
    pos = 0
    mx = -9
    same = r.random() < 0.5
    ref = None
    last = z0e = 0.0
    for j in range(k):
        for _ in range(4):
            z = data[l][r.randrange(len(data[l]))]
            if j == 0 or pos + len(z[2]) < lim - 130:
                break
        else:
            break
        mel = z[2]
        if pos + len(mel) >= lim - 130 and j:
            break
        if ref is None:
            ref = float(mel.max())
        mel = mel + Q((ref - float(mel.max())) * (1 if same else 0.7) + r.uniform(-0.2, 0.2))
        if j:
            g = (
                max(0, int(100 * r.uniform(0.3, 1.2)) - int(100 * (last - z0e)) - int(100 * z[3]))
                if r.random() < 0.8
                else r.randint(0, 200)
            )
            mels.append(np.full((g, 80), -4, Q))
            pos += g
        segs.append((z[1], pos / 100 + z[3], pos / 100 + z[4]))
        mels.append(mel)
        pos += len(mel)
        last = len(mel) / 100
        z0e = z[4]
        mx = max(mx, float(mel.max()))
    mel = np.concatenate(mels)
    if full and len(mel) < 2990:
        mel = np.concatenate([mel, np.full((3000 - len(mel), 80), -4, Q)])
    if r.random() < 0.6 or full:
        mel = mix(mel, quiet(sil, r, len(mel), mx - r.uniform(0.6, 2.0)))
    return (l, segs, np.maximum(mel, mx - 2))


def batch(data, sil, prog, rs, r, m, LUT):
    """rs: generator shared by all processes (kind and length), r: own generator (contents)"""
    multi = prog >= MULTI_FROM
    full = multi and rs.random() < P_FULL
    items = []
    used = m.used
    nu = len(used)
    if full or (multi and rs.random() < P_MULTI):
        for _ in range(2 if full else max(4, int(0.7 * FRAMES / 1100))):
            items.append(window(data, sil, r, full))
        if full:
            for _ in range(2):
                z = quiet(sil, r, 3000, r.uniform(-1, 0.8)) if r.random() < 0.8 else np.full((3000, 80), -1.5, Q)
                items.append(("sil", [], np.maximum(z, z.max() - 2)))
        else:
            for _ in range(1 + SIL // 3):
                items.append(("sil", [], quiet(sil, r, r.randint(300, 1500), r.uniform(-1, 0.8))))
    else:
        u = rs.random()
        en = rs.random() * 0 + P_EN
        T = len(data["en"][int(u * (len(data["en"]) - 1))][2])
        B = max(4, min(40, FRAMES // (T + 20)))
        for _ in range(B):
            l = "en" if r.random() < en else r.choice(("yue", "zh"))
            L = data[l]
            lo, hi = 0, len(L)
            # a clip of about T frames in this language
            while lo < hi:
                mid = (lo + hi) // 2
                if len(L[mid][2]) < T:
                    lo = mid + 1
                else:
                    hi = mid
            z = L[min(len(L) - 1, max(0, lo + r.randint(-60, 25)))]
            mel = z[2]
            if r.random() < 0.15:
                mel = np.maximum(
                    mix(mel, quiet(sil, r, len(mel), float(mel.max()) - r.uniform(0.7, 2.0))), float(mel.max()) - 2
                )
            items.append((z[0], [(z[1], z[3], z[4])], mel))
        T = max(len(i[2]) for i in items)
        for _ in range(SIL):
            items.append(("sil", [], quiet(sil, r, r.randint(60, T), r.uniform(-1, 0.8))))
    off = [r.choice([0, 0, r.randint(0, 40)]) for _ in items]
    T = max(len(i[2]) + o for i, o in zip(items, off)) + 10
    T += T % 2
    T = min(T, 3000)
    X = np.empty((len(items), 80, T), np.float32)
    gd = []
    toks = []
    tg = []
    ctc = []
    for b, ((l, segs, mel), o) in enumerate(zip(items, off)):
        mel = mel.astype(np.float32)
        pv = max(mel.max() - 2, -1.5) if l == "sil" else mel.max() - 2
        X[b] = pv
        mm = np.maximum(mel, pv).T if l == "sil" else mel.T
        if r.random() < 0.5:  # SpecAugment
            mm = mm.copy()
            for _ in range(2):
                f = r.randint(0, 12)
                f0 = r.randint(0, 80 - f)
                mm[f0 : f0 + f] = pv + r.random() * 0.5
            if r.random() < 0.5:
                t = r.randint(0, 8)
                t0 = r.randint(0, max(0, mm.shape[1] - t))
                mm[:, t0 : t0 + t] = pv
        w = min(T - o, mm.shape[1])
        X[b, :, o : o + w] = mm[:, :w]
        X[b] += r.uniform(-0.15, 0.15)
        pre = []
        if r.random() < 0.15:  # earlier text as a prompt
            pre = [PREV]
            tsp = r.random() < 0.7
            pl = l if l in LANGS else r.choice(LANGS)
            for _ in range(r.choice([1, 1, 2, 3])):
                z = data[pl][r.randrange(len(data[pl]))]
                q = [TS0 + r.randint(20, 60) * 5] * 2
                pre = pre + ([TS0] + z[1] + q if tsp else z[1])
        ts = r.random() < (0.35 if l == "sil" else 0.65)
        if l == "sil":
            lt = r.choice(list(LANG.values()))
            s = pre + [SOT, lt, TRANSC] + ([TS0] if ts else [NOT])
            rt = used[r.randrange(nu - 9)]
            t = [-1] * len(pre) + (
                [NOSP, -1, NOSP if r.random() < 0.6 else TS0, EOT]
                if ts
                else [NOSP, -1, -1, NOSP if r.random() < 0.78 else rt]
            )
            if not ts:
                s = s + [rt]
                t = t + [EOT]
            ctc.append([])
        else:
            body = []
            tm = []
            for j, (ids, a, e) in enumerate(segs):
                a += o / 100
                e += o / 100
                ln = [len(ENC.decode_single_token_bytes(i)) for i in ids]
                cs = np.cumsum([0] + ln) / sum(ln)
                sg = 4 + 0.07 * 50 * (e - a)
                tm += (
                    ([None] if ts else [])
                    + [(50 * (a + (e - a) * (cs[i] + cs[i + 1]) / 2), sg) for i in range(len(ids))]
                    + ([None] if ts else [])
                )
                if ts:
                    body += (
                        [TS0 + (0 if j == 0 else min(1500, int(a * 10) * 5))]
                        + list(ids)
                        + [TS0 + min(1500, math.ceil(e * 10) * 5)]
                    )
                else:
                    body += list(ids)
            body.append(EOT)
            q0 = len(pre) + 2 + (0 if ts else 1)
            gd += [(len(ctc), q0 + i, *x) for i, x in enumerate(tm) if x]
            lt = LANG[l]
            hd = [SOT, lt, TRANSC] + ([] if ts else [NOT])
            s = pre + hd + body[:-1]
            t = [-1] * len(pre) + [lt] + [-1] * (len(hd) - 2) + body
            ctc.append([i for g in segs for i in g[0]])
        toks.append(s)
        tg.append(t)
    L = max(map(len, toks))
    A = torch.tensor([[LUT[i] for i in s] + [LUT[EOT]] * (L - len(s)) for s in toks])
    G = torch.tensor([[LUT[i] if i >= 0 else -100 for i in t] + [-100] * (L - len(t)) for t in tg])
    n = T // 2
    k = rs.random()
    c = n if k < 0.15 else max(n, rs.randint(n, 1500)) if k < 0.35 else max(n, 400) if k < 0.5 else 1500
    return torch.from_numpy(X), A, G, ctc, gd, c, (0 if rs.random() < 0.3 else max(0, (-c) % 256))


def ns(X, steps=4):
    X = X / (X.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        A = X @ X.mT
        X = 3.4445 * X + (-4.7750 * A + 2.0315 * A @ A) @ X
    return X


def run(rank, m, data, sil):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{PORT}", rank=rank, world_size=PROCS)
    torch.manual_seed(5 + rank)
    rs = random.Random(5)
    r = random.Random(100 + rank)
    LUT = m.lut.tolist()
    nu = len(m.used)
    ema = {k: v.clone() for k, v in m.state_dict().items()}
    MU = [p for n, p in m.named_parameters() if "blocks" in n and p.ndim == 2]
    mid = {id(p) for p in MU}
    P = list(m.parameters())
    mom = {id(p): torch.zeros_like(p) for p in MU}
    # Muon's orthogonalisation is split: each process does its share, the results are summed
    share = [p for i, p in enumerate(sorted(MU, key=lambda p: p.numel())) if i % PROCS == rank]
    OFF = {}
    k = 0
    for p in MU:
        OFF[id(p)] = k
        k += p.numel()
    NU = k
    opt = torch.optim.AdamW([p for p in P if id(p) not in mid], lr=LR, betas=(0.9, 0.98), weight_decay=0.02)
    t0 = time.time()
    step = clips = 0
    acc = [0.0] * 6
    last = le = t0
    TT = MINUTES * 60
    el = torch.zeros(1)
    while True:
        el[0] = time.time() - t0
        dist.broadcast(el, 0)
        prog = float(el) / TT
        if prog >= 1:
            break
        lr = (
            LR
            * min(1, (step + 1) / (250 if not INIT else 20))
            * (1 if prog < 0.15 else max(0.01, 0.5 * (1 + math.cos(math.pi * (prog - 0.15) / 0.85))))
        )
        for g in opt.param_groups:
            g["lr"] = lr
        X, A, G, ctc, gd, c, ZPAD[0] = batch(data, sil, prog, rs, r, m, LUT)
        wg = prog < AUX_GUIDE
        xa, bias, n = m.encoder(X, c)
        lg = m.decode(A, xa, bias, want=2 if wg else 0)
        ce = F.cross_entropy(lg.flatten(0, 1), G.flatten(), ignore_index=-100)
        n2 = n // 2
        h = xa[:, : n2 * 2].reshape(len(X), n2, 2, D).mean(2)
        lp = F.log_softmax(m.ctc(h), -1).transpose(0, 1)
        tl = torch.tensor([len(q) for q in ctc])
        tt = torch.tensor([LUT[i] for q in ctc for i in q], dtype=torch.long)
        cl = F.ctc_loss(
            lp, tt, torch.full((len(X),), n2, dtype=torch.long), tl, blank=nu, reduction="sum", zero_infinity=True
        ) / max(1, int(tl.sum()))
        loss = ce + (1.0 if prog < 0.3 and not INIT else 0.5 if prog < 0.7 else 0.3) * cl
        if prog < AUX_FRAME and gd:
            fb = torch.tensor([g[0] for g in gd])
            fq = torch.tensor([g[1] for g in gd])
            fc = torch.tensor([min(n2 - 1, int(g[2]) // 2) for g in gd])
            fl = F.cross_entropy(m.ctc(h[fb, fc])[:, :nu], G[fb, fq])
            acc[4] += fl.item()
            loss = loss + (0.7 if prog < 0.2 and not INIT else 0.3) * fl
        if wg and gd:
            At = m.blocks[0].cross_attn.P
            bi = torch.tensor([g[0] for g in gd])
            qi = torch.tensor([g[1] for g in gd])
            ct = torch.tensor([g[2] for g in gd], dtype=torch.float32)[:, None]
            sg = torch.tensor([g[3] for g in gd], dtype=torch.float32)[:, None]
            Wn = torch.exp(-(((torch.arange(n)[None].float() - ct) / sg) ** 2) / 2)
            gl = -torch.log((At[bi, :, qi, :n] * Wn[:, None]).sum(-1) + 1e-4).mean()
            acc[3] += gl.item()
            loss = loss + 0.4 * gl
        for p in P:
            p.grad = None
        loss.backward()
        g = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in P])
        dist.all_reduce(g)
        g /= PROCS
        gn = float(g.norm())
        g *= min(1.0, 1.0 / (gn + 1e-6))
        k = 0
        for p in P:
            p.grad = g[k : k + p.numel()].view_as(p)
            k += p.numel()
        opt.step()
        with torch.no_grad():
            U = torch.zeros(NU)
            grp = {}
            for p in share:
                b = mom[id(p)]
                b.lerp_(p.grad, 0.05)
                u = p.grad.lerp(b, 0.95)
                grp.setdefault(min(p.shape) * 10000 + max(p.shape), []).append(
                    (p, u if u.shape[0] <= u.shape[1] else u.T)
                )
            for z in grp.values():
                for (p, _), o in zip(z, ns(torch.stack([u for _, u in z]))):
                    o = o if p.shape[0] <= p.shape[1] else o.T
                    U[OFF[id(p)] : OFF[id(p)] + p.numel()] = o.flatten()
            dist.all_reduce(U)
            ml = 2.5 * lr
            for p in MU:
                p.mul_(1 - ml * 0.02).add_(
                    U[OFF[id(p)] : OFF[id(p)] + p.numel()].view_as(p), alpha=-ml * 0.2 * max(p.shape) ** 0.5
                )
            step += 1
            clips += len(X) * PROCS
            dcy = min(0.998, 1 - 1 / (step + 1))
            if rank == 0 and (step % 2 == 0 or step < 50):
                for k, v in m.state_dict().items():
                    if v.is_floating_point():
                        ema[k].lerp_(v, min(1, (1 - dcy) * 2))
        acc[0] += ce.item()
        acc[1] += cl.item()
        acc[2] += 1
        if rank == 0 and step % 50 == 0:
            now = time.time()
            print(
                f"{float(el) / 60:5.1f}m step {step} ce {acc[0] / acc[2]:.3f} ctc {acc[1] / acc[2]:.3f} ga {acc[3] / acc[2]:.2f} fl {acc[4] / acc[2]:.2f} gn {gn:.2f} lr {lr:.5f} {50 / (now - last):.2f} st/s clips {clips}",
                flush=True,
            )
            last = now
            acc = [0.0] * 6
            if now - le > 60 * EVAL_MIN:
                torch.save({"ema": ema, "used": m.used}, OUT)
                le = now
    if rank == 0:
        torch.save({"ema": ema, "used": m.used}, OUT)
        print("done", step, clips, flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(5)
    used = vocabulary()
    m = Model(used)
    if INIT:
        warm(m, INIT)
    data, sil = load(m.lut.tolist())
    print(
        "vocabulary",
        len(used),
        "parameters",
        sum(p.numel() for p in m.parameters()),
        "clips",
        {l: len(data[l]) for l in data},
        "silence",
        len(sil),
        "init",
        INIT,
        flush=True,
    )
    if PROCS == 1:
        run(0, m, data, sil)
    else:
        ctx = mp.get_context("fork")
        ps = [ctx.Process(target=run, args=(k, m, data, sil)) for k in range(PROCS)]
        for p in ps:
            p.start()
        for p in ps:
            p.join()
        if any(p.exitcode for p in ps):
            sys.exit(1)
