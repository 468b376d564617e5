"""Draws 120 sentences a language that are never trained on -> held.json (the same file every time)."""

import json
import random

from grammar import make

chance = random.Random(777)
held = {}
for language in ("yue", "zh", "en"):
    sentences = set()
    while len(sentences) < 120:
        text = make(language, chance)
        if len(text) > (18 if language == "en" else 5):
            sentences.add(text)
    held[language] = sorted(sentences)
with open("held.json", "w") as file:
    json.dump(held, file, ensure_ascii=False, indent=0)
