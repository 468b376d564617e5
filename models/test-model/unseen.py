"""unseen.py [NUMBER [FOLDER]] : phrases that were never trained on, half of them in voices never heard -> FOLDER.

NUMBER sentences a language (at most 120) of held.json, each as a WAV file, and demo.json with what was said, in the
form that tests/error_rates.rs reads. By seed, drawn before any result is seen. Needs espeak-ng.
"""

import json
import os
import random
import sys
import wave

import numpy as np
from synth import BASE, VAR_HELD, VAR_TRAIN, clip

SEED = 4242


def save(path, sound):
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes((sound * 32767).astype("<i2").tobytes())


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    folder = sys.argv[2] if len(sys.argv) > 2 else "unseen"
    os.makedirs(folder, exist_ok=True)
    with open("held.json") as file:
        held = json.load(file)
    clips = []
    for language, sentences in held.items():
        chance, noise = random.Random(SEED), np.random.default_rng(SEED)
        for n, text in enumerate(chance.sample(sentences, number)):
            unseen = n % 2 == 0
            voice = chance.choice(BASE[language]) + chance.choice(VAR_HELD if unseen else VAR_TRAIN)
            speed, pitch = chance.randint(135, 185), chance.randint(35, 65)
            sound, start, end = clip(language, text, voice, speed, pitch, chance, noise)
            name = f"{language}_{n:03d}.wav"
            save(os.path.join(folder, name), sound)
            said = dict(text=text, start=round(start, 2), end=round(end, 2))
            clips.append(dict(file=name, language=language, voice=voice, unseen_voice=unseen, reference=[said]))
    with open(os.path.join(folder, "demo.json"), "w") as file:
        json.dump(dict(chosen=f"by seed {SEED}", clips=clips), file, ensure_ascii=False, indent=1)
    print(f"{len(clips)} clips in {folder}")


if __name__ == "__main__":
    main()
