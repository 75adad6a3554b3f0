#include "base/log_record.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <iterator>
#include <type_traits>

#include <spdlog/fmt/fmt.h>

namespace manta {
namespace {

void append_value(std::string& out, const LogField& field, bool json) {
  std::visit(
      [&](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          if (json || value.find_first_of(" \"\n\\=") != std::string_view::npos)
            append_quoted(out, value);
          else
            out += value;
        } else {
          fmt::format_to(std::back_inserter(out), "{}", value);
        }
      },
      field.value);
}

// The time to the second changes seldom: each thread keeps the last one it wrote.
std::string_view second_text(std::time_t second) {
  thread_local std::time_t known = -1;
  thread_local char text[32];
  if (second != known) {
    std::tm local{};
    ::localtime_r(&second, &local);
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    known = second;
  }
  return text;
}

double unix_seconds(std::chrono::system_clock::time_point now) {
  return std::chrono::duration<double>(now.time_since_epoch()).count();
}

}  // namespace

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "DEBUG";
    case LogLevel::Info:
      return "INFO";
    case LogLevel::Warn:
      return "WARNING";
    case LogLevel::Error:
      return "ERROR";
    case LogLevel::Critical:
      return "CRITICAL";
  }
  return "INFO";
}

void append_time(std::string& out, std::chrono::system_clock::time_point now) {
  const auto since = now.time_since_epoch();
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(since - second).count();
  out += second_text(static_cast<std::time_t>(second.count()));
  fmt::format_to(std::back_inserter(out), ".{:03}", rest);
}

std::string log_path(const LoggingConfig& config, const std::string& component) {
  std::string name = component;
  for (char& c : name)
    if (c == '#' || c == '/') c = '_';
  return config.logs_dir + "/" + name + ".log";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

void append_text_field(std::string& out, const LogField& field) {
  out += field.key;
  out += '=';
  append_value(out, field, false);
}

JsonRecord::JsonRecord(std::string& out, LogLevel level, std::string_view message, const LogOptions& options,
                       const std::vector<std::string>& attributes)
    : out_(out) {
  const auto now = std::chrono::system_clock::now();
  out_ += R"({"asctime":")";
  append_time(out_, now);
  out_ += '"';
  add({"levelname", level_name(level)});
  add({"message", message});
  add({"component_name", options.component_name.empty() ? options.component : options.component_name});
  add({"component_id", options.component});
  for (const auto& [key, value] : options.fields) add({key, value});
  for (const std::string& name : attributes) add_attribute(name, level, options, now);
}

void JsonRecord::add(const LogField& field) {
  out_ += ',';
  append_quoted(out_, field.key);
  out_ += ':';
  append_value(out_, field, true);
}

void JsonRecord::add_attribute(std::string_view name, LogLevel level, const LogOptions& options,
                               std::chrono::system_clock::time_point now) {
  if (name == "process") add({name, ::getpid()});
  if (name == "thread") add({name, static_cast<std::int64_t>(::syscall(SYS_gettid))});
  if (name == "created") add({name, unix_seconds(now)});
  if (name == "msecs") add({name, static_cast<std::int64_t>(unix_seconds(now) * 1000) % 1000});
  if (name == "name") add({name, options.component});
  if (name == "levelno") add({name, (static_cast<int>(level) + 1) * 10});
}

}  // namespace manta
