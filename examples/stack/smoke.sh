#!/usr/bin/env bash
# smoke.sh [URL [ADMIN_PORT]]: asks everything of a running stack once; ends with 1 at the first answer that is wrong.
set -euo pipefail
url=${1:-http://127.0.0.1:8000}
admin_port=${2:-8265}
client=${STACK_CLIENT:-build/release/examples/stack/stack_client}

# expect STATUS WORDS CURL-ARGUMENT...: the answer has this status, and the words in its body.
expect() {
  local status=$1 words=$2 body code
  shift 2
  body=$(mktemp)
  code=$(curl -sS -o "$body" -w '%{http_code}' "$@")
  if [[ $code != "$status" ]] || ! grep -q -- "$words" "$body"; then
    echo "smoke: ${*: -1}: expected $status with '$words', got $code:" >&2
    cat "$body" >&2
    rm -f "$body"
    exit 1
  fi
  rm -f "$body"
  echo "ok: ${*: -1}"
}

expect 200 ok "$url/healthz"
expect 200 '"ready":true' "$url/ready"
expect 200 '"embeddings":' -d '{"texts": ["a", "b"]}' "$url/embed"
if [[ ${RERANK:-present} == present ]]; then
  expect 200 '"results":' -d '{"query": "Which animal purrs?", "documents": ["Dogs bark.", "Cats purr."]}' "$url/rerank"
else
  expect 503 'there is no reranker' -d '{"query": "q", "documents": ["d"]}' "$url/rerank"
fi
expect 200 smollm2-135m "$url/v1/models"
expect 200 '"text_completion"' -d '{"prompt": "hi", "max_tokens": 8}' "$url/v1/completions"
expect 200 'data: \[DONE\]' -N -d '{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 8, "stream": true}' "$url/v1/chat/completions"
"$client" "$admin_port"
echo "smoke: all well"
