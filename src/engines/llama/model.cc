#include "engines/llama/model.h"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <utility>

#include "engines/message.h"
#include "engines/utf8.h"

namespace manta::engines::llama {
namespace {

namespace fs = std::filesystem;

struct Progress {
  std::string path;
  int tenths_shown = -1;
};

bool show_progress(float done, void* data) {
  auto& progress = *static_cast<Progress*>(data);
  const int tenths = static_cast<int>(done * 10);
  if (std::exchange(progress.tenths_shown, tenths) != tenths)
    std::fprintf(stderr, "llama: loading %s: %d %%\n", progress.path.c_str(), tenths * 10);
  return true;
}

Result<std::string> find_file(const std::string& path) {
  std::error_code ignored;
  std::string file = fs::is_directory(path, ignored) ? (fs::path(path) / "model.gguf").string() : path;
  if (fs::is_regular_file(file, ignored)) return file;
  return fail(ErrorCode::NotFound, message("no GGUF model at {}; set the option 'model'", file), file);
}

Result<void> check_text(std::string_view text, std::string_view what) {
  const std::size_t valid = utf8_valid_prefix(text);
  if (valid < text.size())
    return fail(ErrorCode::InvalidArgument, message("{} is not valid UTF-8 (byte {})", what, valid));
  return {};
}

}  // namespace

Model::Model(std::string path, llama_model* model)
    : path_(std::move(path)),
      model_(model),
      vocab_(llama_model_get_vocab(model)),
      vocabulary_(static_cast<std::size_t>(llama_vocab_n_tokens(vocab_))) {
  for (Token token = 0; token < static_cast<Token>(vocabulary_); ++token)
    if (is_end(token)) end_tokens_.push_back(token);
}

Result<std::unique_ptr<Model>> Model::load(const Options& options, LogCapture& log) {
  auto file = find_file(options.path);
  if (!file) return std::unexpected(file.error());
  llama_model_params params = llama_model_default_params();
  params.load_mode = options.mmap ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
  Progress progress{*file};
  if (options.progress) {
    params.progress_callback = show_progress;
    params.progress_callback_user_data = &progress;
  }
  log.take_error();
  llama_model* loaded = llama_model_load_from_file(file->c_str(), params);
  if (!loaded)
    return fail(ErrorCode::InvalidArgument, message("{} cannot be loaded as a GGUF model: {}", *file, log.take_error()),
                *file);
  std::unique_ptr<Model> model(new Model(*file, loaded));
  if (!llama_model_has_decoder(loaded))
    return fail(ErrorCode::InvalidArgument, message("{} has no decoder, so it cannot generate text", *file), *file);
  return model;
}

Result<std::vector<Token>> Model::tokenize(std::string_view text) const try {
  if (auto checked = check_text(text, "the text"); !checked) return std::unexpected(checked.error());
  std::vector<Token> tokens(text.size() + 8);
  const auto run = [&] {
    return llama_tokenize(vocab_, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                          static_cast<std::int32_t>(tokens.size()), true, true);
  };
  std::int32_t count = run();
  if (count < 0) {
    tokens.resize(static_cast<std::size_t>(-static_cast<std::int64_t>(count)));
    count = run();
  }
  if (count < 0) return fail(ErrorCode::Internal, message("llama.cpp cannot tokenize a text of {} bytes", text.size()));
  tokens.resize(static_cast<std::size_t>(count));
  return tokens;
} catch (const std::exception& e) {
  return fail(ErrorCode::InvalidArgument, message("the text cannot be tokenized: {}", e.what()));
}

Result<std::string> Model::render(const std::vector<ChatMessage>& messages) const {
  const char* chat_template = llama_model_chat_template(model_.get(), nullptr);
  if (!chat_template)
    return fail(ErrorCode::InvalidArgument,
                message("{} has no chat template (it is a base model): send a prompt instead of messages", path_));
  std::vector<llama_chat_message> views;
  std::size_t bytes = 256;
  for (const ChatMessage& chat : messages) {
    if (chat.content.find('\0') != std::string::npos || chat.role.find('\0') != std::string::npos)
      return fail(ErrorCode::InvalidArgument, "a message contains a NUL character; remove it");
    views.push_back({chat.role.c_str(), chat.content.c_str()});
    bytes += 2 * (chat.role.size() + chat.content.size());
  }
  std::string prompt(bytes, '\0');
  const auto apply = [&] {
    return llama_chat_apply_template(chat_template, views.data(), views.size(), true, prompt.data(),
                                     static_cast<std::int32_t>(prompt.size()));
  };
  std::int32_t size = apply();
  if (size > static_cast<std::int32_t>(prompt.size())) {
    prompt.resize(static_cast<std::size_t>(size));
    size = apply();
  }
  if (size < 0)
    return fail(ErrorCode::InvalidArgument,
                message("llama.cpp does not know the chat template of {}: send a prompt instead of messages", path_));
  prompt.resize(static_cast<std::size_t>(size));
  return prompt;
}

std::string Model::bytes(Token token) const {
  std::string text(32, '\0');
  const auto run = [&] {
    return llama_token_to_piece(vocab_, token, text.data(), static_cast<std::int32_t>(text.size()), 0, false);
  };
  std::int32_t size = run();
  if (size < 0) {
    text.resize(static_cast<std::size_t>(-size));
    size = run();
  }
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::size_t Model::trained_context() const { return static_cast<std::size_t>(llama_model_n_ctx_train(model_.get())); }

bool Model::can_go_back() const {
  const llama_model* model = model_.get();
  return !llama_model_is_recurrent(model) && !llama_model_is_hybrid(model) && llama_model_n_swa(model) == 0;
}

}  // namespace manta::engines::llama
