"""Text to tokens and back, with the vocabulary of a model file."""

import tiktoken
from assets import TOKENS

RANKS = {token: number for number, token in enumerate(TOKENS)}
# The end of text, 50257, and what follows are no text.
END = 50257
ENC = tiktoken.Encoding(
    "multilingual",
    pat_str=r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""",
    mergeable_ranks=RANKS,
    special_tokens={},
)


def enc(language, text):
    return ENC.encode((" " if language == "en" else "") + text)


def dec(tokens):
    return ENC.decode_bytes([t for t in tokens if t < END]).decode("utf8", "replace").strip()
