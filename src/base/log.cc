#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace manta {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warn:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

void append_value(std::string& out, const LogField& field, bool json) {
  std::visit(
      [&](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          if (json || value.find_first_of(" \"\n\\=") != std::string_view::npos)
            append_quoted(out, value);
          else
            out += value;
        } else {
          out += fmt::format("{}", value);
        }
      },
      field.value);
}

}  // namespace

Logger::Logger(const LogOptions& options) : json_(options.json), component_(options.component) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (options.async) {
    if (!spdlog::thread_pool()) spdlog::init_thread_pool(1024, 1);
    sink_ = std::make_shared<spdlog::async_logger>(options.component, sink, spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  } else {
    sink_ = std::make_shared<spdlog::logger>(options.component, sink);
  }
  sink_->set_level(to_spdlog(options.level));
  sink_->flush_on(spdlog::level::info);
  sink_->set_pattern(json_ ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%L%$ %v");
}

Logger::~Logger() { sink_->flush(); }

void Logger::flush() { sink_->flush(); }

void Logger::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!sink_->should_log(to_spdlog(level))) return;
  std::string line;
  if (json_) {
    line = fmt::format(R"({{"level":"{}","component":)", spdlog::level::to_string_view(to_spdlog(level)));
    append_quoted(line, component_);
    line += R"(,"event":)";
    append_quoted(line, event);
    for (const LogField& field : fields) {
      line += ',';
      append_quoted(line, field.key);
      line += ':';
      append_value(line, field, true);
    }
    line += '}';
  } else {
    line = fmt::format("{} {}", component_, event);
    for (const LogField& field : fields) {
      line += fmt::format(" {}=", field.key);
      append_value(line, field, false);
    }
  }
  sink_->log(to_spdlog(level), line);
}

}  // namespace manta
