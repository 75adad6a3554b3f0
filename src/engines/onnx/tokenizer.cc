#include "engines/onnx/tokenizer.h"

#include <tokenizers_c.h>

#include <utility>

#include "engines/message.h"
#include "engines/utf8.h"

namespace manta::engines::onnx {
namespace {

std::string take_message(char* error) {
  std::string message = error ? error : "unknown error";
  tokc_string_free(error);
  return message;
}

Result<std::vector<tokc_text>> checked(std::span<const std::string_view> texts, std::string_view what) {
  std::vector<tokc_text> views;
  views.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t valid = utf8_valid_prefix(texts[i]);
    if (valid < texts[i].size())
      return fail(ErrorCode::InvalidArgument, message("{} {} is not valid UTF-8 (byte {})", what, i, valid),
                  message("$[{}]", i));
    views.push_back({texts[i].data(), texts[i].size()});
  }
  return views;
}

struct FreeEncoding {
  void operator()(tokc_encoding* encoding) const { tokc_encoding_free(encoding); }
};

std::vector<Tokens> copy_rows(const tokc_encoding& encoding) {
  std::vector<Tokens> rows(encoding.rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t from = encoding.offsets[i], to = encoding.offsets[i + 1];
    rows[i].ids.assign(encoding.ids + from, encoding.ids + to);
    rows[i].types.assign(encoding.type_ids + from, encoding.type_ids + to);
  }
  return rows;
}

Result<std::vector<Tokens>> encode_checked(const tokc_tokenizer* tokenizer, const std::vector<tokc_text>& first,
                                           const tokc_text* second, std::size_t max_tokens) {
  char* error = nullptr;
  const tokc_options options{.max_length = max_tokens, .add_special_tokens = 1, .pad = 0};
  const std::unique_ptr<tokc_encoding, FreeEncoding> encoding(
      tokc_encode(tokenizer, first.data(), second, first.size(), options, &error));
  if (!encoding) return fail(ErrorCode::Internal, take_message(error));
  return copy_rows(*encoding);
}

}  // namespace

void Tokenizer::Free::operator()(tokc_tokenizer* tokenizer) const { tokc_free(tokenizer); }

Tokenizer::Tokenizer(tokc_tokenizer* tokenizer, std::size_t max_tokens)
    : tokenizer_(tokenizer), max_tokens_(max_tokens) {
  for (const std::string_view name : {"[PAD]", "<pad>"}) {
    const std::int64_t id = tokc_token_id(tokenizer, {name.data(), name.size()});
    if (id >= 0) pad_id_ = id;
  }
}

Result<Tokenizer> Tokenizer::load(const std::string& path, std::size_t max_tokens) {
  char* error = nullptr;
  tokc_tokenizer* loaded = tokc_load(path.c_str(), &error);
  if (!loaded) return fail(ErrorCode::InvalidArgument, take_message(error), path);
  return Tokenizer(loaded, max_tokens);
}

Result<std::vector<Tokens>> Tokenizer::encode(std::span<const std::string_view> texts) const {
  const auto views = checked(texts, "text");
  if (!views) return std::unexpected(views.error());
  return encode_checked(tokenizer_.get(), *views, nullptr, max_tokens_);
}

Result<std::vector<Tokens>> Tokenizer::encode(std::span<const std::string_view> first,
                                              std::span<const std::string_view> second) const {
  const auto left = checked(first, "query");
  if (!left) return std::unexpected(left.error());
  const auto right = checked(second, "document");
  if (!right) return std::unexpected(right.error());
  return encode_checked(tokenizer_.get(), *left, right->data(), max_tokens_);
}

}  // namespace manta::engines::onnx
