"""Fits the weights of src/minutes/weights.json: logistic regression over what is true of something that was said.

usage: train.py --examples FOLDER [--hold OUT.jsonl ...] [--out FILE] [--report]

FOLDER holds what `make examples` writes: transcripts with their known points and everything the models are asked about.
Sets named by --hold are only measured, never fitted. Weights are fitted with a ridge penalty by gradient descent (Adam)
over all examples at once, so the same examples give the same weights.
"""
import argparse
import json
import pathlib

import numpy as np

# Points of which there is one at a time: an earlier one that was changed was still a wish when it was said.
RIVALS = [["bedrooms", "bedrooms_min"], ["deal"], ["budget_max"], ["budget_min"], ["area_min"], ["area_max"],
          ["school_net"], ["mtr_walk_max"], ["age_max"], ["move_in_by"], ["price"]]
RIVALS = {slot: group for group in RIVALS for slot in group}
CLASSES = {"wish": 3, "offer": 2, "objection": 2, "decision": 2, "appointment": 2, "action": 4}
# How strongly weights are held near nought: by cross-validation, the fewer the examples the more.
RIDGE = {"wish": 1.5, "offer": 1.0, "objection": 3.0, "decision": 6.0, "appointment": 3.0, "action": 3.0}
OWNERS = ["", "agent", "client", "other"]


def same(a, b):
    if isinstance(a, str) and isinstance(b, str):
        return a.strip().lower() == b.strip().lower()
    return a == b


def wish_label(example, points):
    """0 not meant, 1 wanted (or offered), 2 to be avoided; None where nothing can be learnt from it."""
    segment, later, named = example["segment"], False, False
    for slot, value in example["claims"]:
        kind = "offer" if slot == "price" else "preference"
        for p in points:
            if p["type"] != kind:
                continue
            if p["slot"] == slot and same(p.get("value"), value):
                if segment in p["segments"]:
                    return 2 if p.get("polarity") == "avoid" else 1
                # Said again later: neither right nor wrong.
                named |= segment > min(p["segments"])
            elif p["slot"] in RIVALS.get(slot, []) and segment < max(p["segments"]):
                later = True
    return None if named or later else 0


def kind_label(example, points):
    """Whether a point of that kind and slot is borne out by one of the example's segments."""
    hits = [p for p in points if p["type"] == example["model"] and p["segments"]]
    slots = {slot for slot, _ in example["claims"]}
    span = set(example.get("segments") or [example["segment"]])
    return int(any(p["slot"] in slots and span & set(p["segments"]) for p in hits))


def action_label(example, points):
    """Whose action of the example's segment it is: 0 nobody's, 1 the agent's, 2 the client's, 3 another's."""
    found = [p for p in points if p["type"] == "action" and example["segment"] in p["segments"]]
    due = [p for p in found if p.get("value") == example["claims"][0][1]]
    return OWNERS.index((due or found)[0]["slot"]) if found else 0


def appointment_label(example, points):
    """Whether it was agreed on; None where it was agreed on in other lines."""
    found = [p for p in points if p["type"] == "appointment" and p["value"][:16] == (example["claims"][0][1] or "")[:16]]
    if found:
        near = range(min(found[0]["segments"]) - 1, max(found[0]["segments"]) + 2)
        return 1 if example["segment"] in near else None
    return 0


def label(example, points):
    if example["model"] == "appointment":
        return appointment_label(example, points)
    if example["model"] == "action":
        return action_label(example, points)
    return wish_label(example, points) if example["model"] in ("wish", "offer") else kind_label(example, points)


def taken_back(example, later):
    """Whether the same thing comes up again in a line that takes it back: what was said here may have been meant."""
    if example["model"] != "wish":
        return False
    slot = example["claims"][0][0]
    return any(
        o["model"] == "wish" and o["segment"] > example["segment"] and o["claims"][0][0] == slot
        and {"drop", "indifferent", "change", "words avoid"} & set(o["features"])
        for o in later
    )


def load(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        for n, example in enumerate(case["examples"]):
            y = label(example, case["points"])
            if y == 0 and taken_back(example, case["examples"][n + 1:]):
                y = None
            if y is not None:
                yield example["model"], example["features"], y, case["id"]


def fit(rows, classes, ridge, rare, steps=400):
    counts = {}
    for features, _ in rows:
        for name in features:
            counts[name] = counts.get(name, 0) + 1
    names = ["bias"] + sorted(n for n, c in counts.items() if c >= rare)
    index = {n: i for i, n in enumerate(names)}
    x = np.zeros((len(rows), len(names)), dtype=np.float32)
    x[:, 0] = 1
    y = np.zeros((len(rows), classes), dtype=np.float32)
    for r, (features, k) in enumerate(rows):
        x[r, [index[f] for f in features if f in index]] = 1
        y[r, k] = 1
    w = np.zeros((len(names), classes), dtype=np.float32)
    penalty = np.full((len(names), 1), ridge, dtype=np.float32)
    penalty[0] = 0
    # Two things that hold at once say less of themselves than each alone.
    for n, i in index.items():
        if " & " in n:
            penalty[i] = ridge * 2
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, steps + 1):
        s = x @ w
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        g = x.T @ (p - y) + penalty * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.05 * (m / (1 - 0.9 ** t)) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
    w -= w[:, :1]
    return index, w


def judge(index, w, features):
    s = w[[0] + [index[f] for f in features if f in index]].sum(axis=0)
    p = np.exp(s - s.max())
    return p / p.sum()


def measure(index, w, rows, at=0.5):
    found = invented = missed = 0
    loss = 0.0
    for features, y in rows:
        p = judge(index, w, features)
        loss -= np.log(max(p[y], 1e-6))
        k = int(p.argmax()) if p[0] < at else 0
        found += int(k == y != 0)
        invented += int(k != y and k != 0)
        missed += int(k != y and y != 0)
    precision, recall = found / max(1, found + invented), found / max(1, found + missed)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"loss {loss / max(1, len(rows)):.3f} precision {precision:.1%} recall {recall:.1%} F1 {f1:.1%} of {found + missed}"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--examples", required=True)
    a.add_argument("--hold", nargs="*", default=[])
    a.add_argument("--out")
    a.add_argument("--rare", type=int, default=4)
    a.add_argument("--report", action="store_true")
    a = a.parse_args()
    files = sorted(pathlib.Path(a.examples).glob("*.jsonl"))
    # Short and beyond doubt: each of our own cases counts twice.
    rows = {f.name: list(load(f)) * (2 if f.name == "cases.jsonl" else 1) for f in files}
    held = [n for n in rows if n in a.hold]
    out = {}
    for model, classes in CLASSES.items():
        pick = lambda names: [(f, y) for n in names for m, f, y, _ in rows[n] if m == model]
        train = pick([n for n in rows if n not in held])
        if not train:
            continue
        index, w = fit(train, classes, RIDGE[model], a.rare)
        print(model, len(train), "examples,", len(index), "features; fitted on:", measure(index, w, train))
        if a.report:
            for n in rows:
                if n in held:
                    print("   held", n, measure(index, w, pick([n])))
                else:
                    i, v = fit(pick([o for o in rows if o not in held and o[:4] != n[:4]]), classes, RIDGE[model], a.rare)
                    print("   without its writer", n, measure(i, v, pick([n])))
        keep = {n: [round(float(c), 3) for c in w[i, 1:]] for n, i in index.items() if abs(w[i, 1:]).max() >= 0.02}
        out[model] = {"classes": classes, "weights": dict(sorted(keep.items()))}
    if a.out:
        lines = []
        for model, fitted in out.items():
            weights = ",\n".join(f"  {json.dumps(n, ensure_ascii=False)}: {json.dumps(c)}" for n, c in fitted["weights"].items())
            lines.append(f'{json.dumps(model)}: {{"classes": {fitted["classes"]}, "weights": {{\n{weights}\n}}}}')
        pathlib.Path(a.out).write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


main()
