#include "engines/llama/log_capture.h"

#include <llama.h>

#include <utility>

namespace manta::engines::llama {

LogCapture::LogCapture() {
  llama_log_set(
      [](ggml_log_level level, const char* text, void* self) { static_cast<LogCapture*>(self)->keep(level, text); },
      this);
}

void LogCapture::keep(int level, const char* text) {
  const std::lock_guard lock(mutex_);
  const bool continues = level == GGML_LOG_LEVEL_CONT;
  if (!continues) level_ = level;
  if (level_ != GGML_LOG_LEVEL_ERROR) return;
  if (!continues) error_.clear();
  error_ += text;
}

std::string LogCapture::take_error() {
  const std::lock_guard lock(mutex_);
  std::string line = std::exchange(error_, {});
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  return line;
}

}  // namespace manta::engines::llama
