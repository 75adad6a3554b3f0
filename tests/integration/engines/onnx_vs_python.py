#!/usr/bin/env python3
"""The onnx engine against Python's onnxruntime and tokenizers on the same files and a mixed-language corpus.

Token ids must be equal; embeddings and scores must agree within 1e-4. Ids are compared through the id dump of the tool.
"""
import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_TOKENS = 256
TOLERANCE = 1e-4
PHRASES = [
    "How do I terminate a commercial lease early without paying a penalty fee?",
    "Der Mieter haftet für Schäden, die durch unsachgemäße Nutzung entstehen.",
    "Le locataire doit prévenir le propriétaire trois mois à l'avance.",
    "El contrato entrará en vigor el día de su firma.",
    "Договор вступает в силу с момента подписания.",
    "契約は署名の日から効力を生じる。",
    "合同自签署之日起生效。",
    "계약은 서명일로부터 효력이 발생한다.",
    "يدخل العقد حيز التنفيذ من تاريخ التوقيع.",
    "החוזה ייכנס לתוקף ביום חתימתו.",
    "สัญญามีผลบังคับใช้ตั้งแต่วันที่ลงนาม",
    "अनुबंध हस्ताक्षर की तिथि से प्रभावी होगा।",
    "Ünïcode — naïve café, 東京 $12.50! 😀👩‍👩‍👧 ﬁ Å",
    "x = [i**2 for i in range(10)]  # don't",
    "https://example.com/a?b=c&d=%20 user@example.com",
    "a", "", "   ", "…", "\u00ad\u200bzero width", "ALL CAPS AND 1234567890 12,345.67",
]


def corpus():
    lines = list(PHRASES)
    for i, phrase in enumerate(PHRASES):
        for repeat in (2, 5, 40):
            lines.append(" ".join(PHRASES[(i + k) % len(PHRASES)] for k in range(repeat)) + f" {i}")
        lines.append(phrase.swapcase())
        lines.append(phrase[::-1])
    return lines


def run_tool(args, kind, model, budget, lines, *options):
    command = [args.tool, kind, args.engines, str(Path(args.models) / model), str(budget), *options]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"{kind}: {done.stderr}")
    return done.stdout.splitlines()


def python_session(folder):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return session, tokenizer


def python_output(session, encoding):
    names = {i.name for i in session.get_inputs()}
    feeds = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask, "token_type_ids": encoding.type_ids}
    return session.run(None, {k: np.array([v], dtype=np.int64) for k, v in feeds.items() if k in names})[0][0]


def check_ids(args, lines):
    folder = Path(args.models) / "minilm-l6"
    _, tokenizer = python_session(folder)
    ours = run_tool(args, "ids", "minilm-l6", 1024, lines)
    wrong = [i for i, line in enumerate(lines) if [int(x) for x in ours[i].split()] != tokenizer.encode(line).ids]
    print(f"ids: {len(lines) - len(wrong)} of {len(lines)} lines equal")
    return [f"ids differ: {lines[i]!r}" for i in wrong[:5]]


def check_embeddings(args, lines, budget, pooling):
    session, tokenizer = python_session(Path(args.models) / "minilm-l6")
    faults, worst = [], 0.0
    for line, ours in zip(lines, run_tool(args, "embed", "minilm-l6", budget, lines, f"pooling={pooling}"), strict=True):
        encoding = tokenizer.encode(line)
        hidden = python_output(session, encoding)
        expected = hidden[0] if pooling == "cls" else hidden.mean(axis=0)
        expected = expected / np.linalg.norm(expected)
        count, *values = ours.split()
        difference = float(np.abs(np.array(values, dtype=np.float64) - expected).max())
        worst = max(worst, difference)
        if int(count) != len(encoding.ids) or difference > TOLERANCE:
            faults.append(f"embed, {pooling}: {line[:60]!r}: {count} tokens against {len(encoding.ids)}, off by {difference:.2g}")
    print(f"embed, {pooling}, budget {budget}: {len(lines)} texts, largest difference {worst:.2g}")
    return faults[:5]


def check_scores(args, lines, budget):
    session, tokenizer = python_session(Path(args.models) / "minilm-rerank")
    pairs = [(lines[(7 * i) % len(lines)], line) for i, line in enumerate(lines)]
    output = run_tool(args, "rerank", "minilm-rerank", budget, ["\t".join(pair) for pair in pairs])
    faults, worst = [], 0.0
    for pair, ours in zip(pairs, output, strict=True):
        encoding = tokenizer.encode(*pair)
        expected = float(python_output(session, encoding)[-1])
        count, score = ours.split()
        worst = max(worst, abs(float(score) - expected))
        if int(count) != len(encoding.ids) or abs(float(score) - expected) > TOLERANCE:
            faults.append(f"rerank: {pair[0][:40]!r}: {score} against {expected}, {count} tokens against {len(encoding.ids)}")
    print(f"rerank, budget {budget}: {len(pairs)} pairs, largest difference {worst:.2g}")
    return faults[:5]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("tool", "engines", "models"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    lines = corpus()
    faults = check_ids(args, lines)
    for budget in (1, 2048):
        for pooling in ("mean", "cls"):
            faults += check_embeddings(args, lines, budget, pooling)
        faults += check_scores(args, lines, budget)
    print("\n".join(faults) or "equal")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
