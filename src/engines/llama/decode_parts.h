#pragma once

#include <span>
#include <vector>

#include "engines/generation/slot_scheduler.h"

namespace manta::engines::llama {

// From so many tokens of a sequence on, ggml's flash attention computes them in tiles: in less than half of the time,
// and with other rounding than fewer tokens. On each side of it a token has the same logits, bit for bit, whatever it
// is computed with.
inline constexpr std::size_t kTiled = 64;
// The least part of a call that lets any number of tokens from kTiled on be cut into parts of kTiled or more.
inline constexpr std::size_t kLeastUbatchOfTiles = 2 * kTiled - 1;

// A step, cut into calls of llama_decode() so that kTiled tokens or more of a slot are computed in tiles, in parts of
// at most `ubatch`: by themselves, as llama.cpp would cut them to the length of others in the call. All other tokens
// make up the first call, which generating slots wait for. `items` is in order of slots. With an `ubatch` below
// kLeastUbatchOfTiles llama.cpp cuts as it likes.
std::vector<std::vector<BatchItem>> decode_parts(std::span<const BatchItem> items, std::size_t ubatch);

}  // namespace manta::engines::llama
