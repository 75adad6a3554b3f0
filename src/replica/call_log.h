#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <manta/detail/request_context.h>
#include <manta/logging_config.h>

#include "base/log.h"
#include "base/log_lines.h"

namespace manta::replica {

// The access log of one replica: a line for each call that has ended, "CALL method OK 1.3ms request_id=...", or a JSON
// record. Only where a logging_config applies to the deployment: the proxy has its own line in any case. The thread
// that writes exists only then. Loop-confined.
class CallLog {
 public:
  explicit CallLog(LogOptions identity) : identity_(std::move(identity)) {}

  // From now on; none: no lines. Unavailable when logs_dir cannot be written to; the rest is taken all the same.
  Result<void> configure(const std::optional<LoggingConfig>& config);
  // `outcome`: OK, or the name of an ErrorCode.
  void add(std::string_view method, std::string_view outcome, double milliseconds, const RequestContext& context);

 private:
  const LogOptions identity_;
  std::optional<LoggingConfig> config_;
  std::unique_ptr<LogLines> lines_;
};

}  // namespace manta::replica
