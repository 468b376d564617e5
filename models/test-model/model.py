"""The model: Whisper's architecture (Radford et al. 2022), small, with what helps to train it in minutes.

* Only the tokens that the phrases use are trained; all others share one vector (plus the logarithm of their number in
  the softmax); the 1501 time stamps are a linear map of sinusoids.
* A window of 30 s is emulated cheaply: its constant padding is 24 sampled positions, each weighted by a logarithm of
  how many it stands for. ZPAD does the same for whisper.cpp's flash attention, which pads keys and values with zeros to
  a multiple of 256.
* The layer `ctc` serves auxiliary losses only and is left out of the file.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

D = 128
H = 4
NE = 3
ND = 2
CTX = 1500
TCTX = 448
NV = 51866
EOT, SOT, LANG0, TRANSL, TRANSC, SOLM, PREV, NOSP, NOT, TS0 = (
    50257,
    50258,
    50259,
    50359,
    50360,
    50361,
    50362,
    50363,
    50364,
    50365,
)
LANG = {"en": 50259, "zh": 50260, "yue": 50358}


def sinusoids(length, ch, max_ts=10000):
    inc = math.log(max_ts) / (ch // 2 - 1)
    inv = torch.exp(-inc * torch.arange(ch // 2))
    st = torch.arange(length)[:, None] * inv[None]
    return torch.cat([st.sin(), st.cos()], 1)


ZPAD = [0]


class MHA(nn.Module):
    def __init__(s):
        super().__init__()
        s.query = nn.Linear(D, D)
        s.key = nn.Linear(D, D, bias=False)
        s.value = nn.Linear(D, D)
        s.out = nn.Linear(D, D)

    def init_local(s, offs, g=1.3):
        # sinusoidal positions allow heads that start out looking at a fixed relative offset
        with torch.no_grad():
            hd = D // H
            half = hd // 2
            w = torch.exp(-math.log(10000) / (D // 2 - 1) * torch.arange(half))
            s.query.weight.mul_(0.1)
            s.key.weight.mul_(0.1)
            for h, o in enumerate(offs):
                for k in range(half):
                    i, j = h * hd + k, h * hd + half + k
                    c, sn = math.cos(w[k] * o), math.sin(w[k] * o)
                    a, b = k, D // 2 + k
                    # key(pos)=(sin,cos); query asks for pos+o
                    s.key.weight[i, a] += g
                    s.key.weight[j, b] += g
                    s.query.weight[i, a] += g * c
                    s.query.weight[i, b] += g * sn
                    s.query.weight[j, b] += g * c
                    s.query.weight[j, a] -= g * sn

    def forward(s, x, xa=None, bias=None, causal=False, want=0):
        kv = x if xa is None else xa
        B, N, _ = x.shape
        M = kv.shape[1]
        q = s.query(x).view(B, N, H, -1).transpose(1, 2)
        k = s.key(kv).view(B, M, H, -1).transpose(1, 2)
        v = s.value(kv).view(B, M, H, -1).transpose(1, 2)
        if not causal and ZPAD[0]:  # whisper.cpp flash attention pads K/V with unmasked zeros to a multiple of 256
            z = torch.zeros(B, H, 1, D // H)
            k = torch.cat([k, z], 2)
            v = torch.cat([v, z], 2)
            zb = torch.tensor([math.log(ZPAD[0])])
            bias = torch.cat([torch.zeros(M) if bias is None else bias, zb])
            M += 1
        m = None if bias is None else bias.view(1, 1, 1, M).expand(B, H, N, M)
        if want:
            P = (q @ k.transpose(-1, -2) * (D // H) ** -0.5) + (0 if m is None else m)
            P = P.softmax(-1)
            s.P = P[:, :want]
            o = P @ v
        else:
            o = F.scaled_dot_product_attention(q, k, v, attn_mask=m, is_causal=causal)
        return s.out(o.transpose(1, 2).reshape(B, N, D))


class Block(nn.Module):
    def __init__(s, cross=False):
        super().__init__()
        s.attn = MHA()
        s.attn_ln = nn.LayerNorm(D)
        s.cross_attn = MHA() if cross else None
        if cross:
            s.cross_attn_ln = nn.LayerNorm(D)
        s.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(approximate="tanh"), nn.Linear(4 * D, D))
        s.mlp_ln = nn.LayerNorm(D)

    def forward(s, x, xa=None, bias=None, causal=False, want=0):
        x = x + s.attn(s.attn_ln(x), bias=None if causal else bias, causal=causal)
        if s.cross_attn is not None:
            x = x + s.cross_attn(s.cross_attn_ln(x), xa, bias=bias, want=want)
        return x + s.mlp(s.mlp_ln(x))


class Encoder(nn.Module):
    def __init__(s):
        super().__init__()
        s.conv1 = nn.Conv1d(80, D, 3, padding=1)
        s.conv2 = nn.Conv1d(D, D, 3, stride=2, padding=1)
        s.register_buffer("positional_embedding", sinusoids(CTX, D))
        s.blocks = nn.ModuleList([Block() for _ in range(NE)])
        s.ln_post = nn.LayerNorm(D)
        s.blocks[0].attn.init_local([-7, -3, 3, 7])
        s.blocks[1].attn.init_local([-10, -4, 4, 10])

    def forward(s, mel, ctx, K=24):
        # emulates a full window of `ctx` frames: the constant padding is represented by K sampled frames, each weighted by a log-count bias
        x = F.gelu(s.conv1(mel), approximate="tanh")
        x = F.gelu(s.conv2(x), approximate="tanh").transpose(1, 2)
        n = x.shape[1]
        bias = None
        if n >= ctx:
            x = x[:, :ctx] + s.positional_embedding[:ctx]
            n = ctx
        else:
            r = ctx - n
            K = min(K, r)
            idx = n + ((torch.arange(K) + torch.rand(K)) * r / K).long().clamp(max=r - 1)
            pad = x[:, n - 3 : n - 2].expand(-1, K, -1)
            x = torch.cat([x + s.positional_embedding[:n], pad + s.positional_embedding[idx]], 1)
            bias = torch.cat([torch.zeros(n), torch.full((K,), math.log(r / K))])
        for b in s.blocks:
            x = b(x, bias=bias)
        return s.ln_post(x), bias, n


class Model(nn.Module):
    def __init__(s, used):
        super().__init__()
        s.used = used
        nu = len(used)
        s.encoder = Encoder()
        s.emb = nn.Parameter(torch.randn(nu, D) * 0.03)
        s.unused = nn.Parameter(torch.randn(1, D) * 0.03)
        s.wts = nn.Parameter(torch.randn(D, D) * 0.01)
        s.register_buffer("S", sinusoids(1501, D))
        s.positional_embedding = nn.Parameter(sinusoids(TCTX, D) * 0.03)
        s.blocks = nn.ModuleList([Block(True) for _ in range(ND)])
        s.ln = nn.LayerNorm(D)
        s.ctc = nn.Linear(D, nu + 1)
        s.nun = NV - nu - 1501
        lut = torch.full((NV,), -1, dtype=torch.long)
        for i, t in enumerate(used):
            lut[t] = i
        for i in range(1501):
            lut[TS0 + i] = nu + 1 + i
        s.register_buffer("lut", lut)  # global id -> compact id (nu = 'unused')
        b = torch.zeros(nu + 1 + 1501)
        b[nu] = math.log(s.nun)
        s.register_buffer("lbias", b)

    def table(s):
        return torch.cat([s.emb, s.unused, s.S @ s.wts])

    def decode(s, tok, xa, bias, table=None, want=0):
        E = s.table() if table is None else table
        x = E[tok] + s.positional_embedding[: tok.shape[1]]
        for i, b in enumerate(s.blocks):
            x = b(x, xa, bias, causal=True, want=want if i == 0 else 0)
        return s.ln(x) @ E.T + s.lbias

    def full_embedding(s):
        E = s.unused.expand(NV, D).clone()
        for i, t in enumerate(s.used):
            E[t] = s.emb[i]
        E[TS0 : TS0 + 1501] = s.S @ s.wts
        return E
