#include "engines/onnx/model_files.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "engines/message.h"

namespace manta::engines::onnx {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUsualTokens = 256, kMostTokens = 512;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Result<std::string> first_file(std::string_view what, std::string_view option,
                               const std::vector<fs::path>& candidates) {
  std::string tried;
  for (const fs::path& path : candidates) {
    if (is_file(path)) return path.string();
    tried += (tried.empty() ? "" : ", ") + path.string();
  }
  return fail(ErrorCode::NotFound, message("no {} at {}; set the option '{}'", what, tried, option), tried);
}

// An unsigned number at a JSON pointer of a file; nothing when the file or the number is missing.
std::optional<std::size_t> number_in(const fs::path& file, std::string_view pointer) {
  if (!is_file(file)) return std::nullopt;
  simdjson::padded_string text;
  if (simdjson::padded_string::load(file.string()).get(text)) return std::nullopt;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (parser.iterate(text).get(document)) return std::nullopt;
  std::uint64_t value = 0;
  if (document.at_pointer(pointer).get_uint64().get(value) || value == 0) return std::nullopt;
  return static_cast<std::size_t>(value);
}

std::size_t max_tokens_of(const std::string& tokenizer) {
  const fs::path folder = fs::path(tokenizer).parent_path();
  if (const auto n = number_in(folder / "sentence_bert_config.json", "/max_seq_length")) return *n;
  if (const auto n = number_in(tokenizer, "/truncation/max_length")) return std::clamp(*n, kUsualTokens, kMostTokens);
  if (const auto n = number_in(folder / "config.json", "/max_position_embeddings")) return std::min(*n, kMostTokens);
  return kUsualTokens;
}

}  // namespace

Result<ModelFiles> find_model_files(const std::string& model, const std::string& tokenizer) {
  std::error_code ignored;
  std::vector<fs::path> models{model};
  if (fs::is_directory(model, ignored))
    models = {fs::path(model) / "model.onnx", fs::path(model) / "onnx" / "model.onnx"};
  auto model_file = first_file("ONNX model", "model", models);
  if (!model_file) return std::unexpected(model_file.error());

  std::vector<fs::path> tokenizers{tokenizer};
  const fs::path folder = fs::path(*model_file).parent_path();
  if (tokenizer.empty()) tokenizers = {folder / "tokenizer.json", folder / ".." / "tokenizer.json"};
  auto tokenizer_file = first_file("tokenizer", "tokenizer", tokenizers);
  if (!tokenizer_file) return std::unexpected(tokenizer_file.error());
  const std::size_t max_tokens = max_tokens_of(*tokenizer_file);
  return ModelFiles{std::move(*model_file), std::move(*tokenizer_file), max_tokens};
}

}  // namespace manta::engines::onnx
