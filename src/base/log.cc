#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/log_record.h"

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
    case LogLevel::Critical:
      return spdlog::level::critical;
  }
  return spdlog::level::info;
}

spdlog::sinks::dist_sink_mt& sinks_of(spdlog::logger& logger) {
  return static_cast<spdlog::sinks::dist_sink_mt&>(*logger.sinks().front());
}

}  // namespace

LogLevel log_level_of(std::string_view name) {
  for (const LogLevel level : {LogLevel::Debug, LogLevel::Warn, LogLevel::Error, LogLevel::Critical})
    if (name == level_name(level)) return level;
  return LogLevel::Info;
}

Logger::Logger(const LogOptions& options) : options_(options), json_(options.json) {
  const auto sinks = std::make_shared<spdlog::sinks::dist_sink_mt>();
  sinks->add_sink(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (options.async) {
    if (!spdlog::thread_pool()) spdlog::init_thread_pool(1024, 1);
    sink_ = std::make_shared<spdlog::async_logger>(options.component, sinks, spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  } else {
    sink_ = std::make_shared<spdlog::logger>(options.component, sinks);
  }
  sink_->set_level(to_spdlog(options.level));
  sink_->flush_on(spdlog::level::debug);
  sink_->set_pattern("%v");
}

Logger::~Logger() { sink_->flush(); }

void Logger::flush() { sink_->flush(); }

Result<void> Logger::configure(const LoggingConfig& config) {
  const std::lock_guard lock(mutex_);
  if (config == config_) return {};
  json_ = config.encoding == "JSON";
  sink_->set_level(to_spdlog(log_level_of(config.log_level)));
  const bool same_folder = config.logs_dir == config_.logs_dir;
  config_ = config;
  if (same_folder) return {};
  std::vector<spdlog::sink_ptr> sinks{sinks_of(*sink_).sinks().front()};
  Result<void> opened;
  if (!config.logs_dir.empty()) try {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(log_path(config, options_.component)));
      sinks.back()->set_pattern("%v");
    } catch (const spdlog::spdlog_ex& failure) {
      config_.logs_dir.clear();  // tried again when it is given again
      opened = fail(ErrorCode::Unavailable, std::string("logs_dir: ") + failure.what());
    }
  sinks_of(*sink_).set_sinks(std::move(sinks));
  return opened;
}

std::string Logger::line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line;
  const std::lock_guard lock(mutex_);
  if (json_) {
    JsonRecord record(line, level, event, options_, config_.additional_log_standard_attrs);
    for (const LogField& field : fields) record.add(field);
    record.end();
    return line;
  }
  append_time(line, std::chrono::system_clock::now());
  line.append(" ").append(level_name(level).substr(0, 1)).append(" ").append(options_.component).append(" ");
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    append_text_field(line, field);
  }
  return line;
}

void Logger::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (sink_->should_log(to_spdlog(level))) sink_->log(to_spdlog(level), line(level, event, fields));
}

}  // namespace manta
