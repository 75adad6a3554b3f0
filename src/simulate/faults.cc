#include "simulate/faults.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "codec/nearest.h"
#include "simulate/service_time.h"

namespace manta::simulate {
namespace {

struct Field {
  std::string_view name;
  double FaultOptions::* value;
  bool is_share;
};

constexpr std::array<Field, 12> kFields{{{"crash", &FaultOptions::crash_s, false},
                                         {"slow", &FaultOptions::slow_s, false},
                                         {"slow-for", &FaultOptions::slow_for_s, false},
                                         {"slow-factor", &FaultOptions::slow_factor, false},
                                         {"cut", &FaultOptions::cut_s, false},
                                         {"restart", &FaultOptions::restart_s, false},
                                         {"restart-takes", &FaultOptions::restart_takes_s, false},
                                         {"node", &FaultOptions::node_s, false},
                                         {"node-back", &FaultOptions::node_back_s, false},
                                         {"start", &FaultOptions::start_share, true},
                                         {"late", &FaultOptions::late_share, true},
                                         {"lost", &FaultOptions::lost_share, true}}};

Error unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Field& field : kFields) names.push_back(field.name);
  return {.code = ErrorCode::InvalidArgument,
          .message = "there is no fault '" + std::string(name) + "'" + codec::suggestion(name, names)};
}

Result<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  auto value = parse_seconds(text);
  const double share = value ? *value / (percent ? 100 : 1) : 2;
  if (share <= 1) return share;
  return fail(ErrorCode::InvalidArgument, "'" + std::string(text) + "' is no share: expected 1% or 0.01");
}

}  // namespace

Result<FaultOptions> parse_faults(std::string_view text) {
  FaultOptions faults;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const Field* known = nullptr;
    for (const Field& field : kFields)
      if (field.name == name) known = &field;
    if (known == nullptr) return std::unexpected(unknown(name));
    const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    auto parsed = known->is_share ? parse_share(value) : parse_seconds(value);
    if (!parsed) {
      parsed.error().message.insert(0, "fault " + std::string(name) + ": ");
      return std::unexpected(std::move(parsed.error()));
    }
    faults.*known->value = *parsed;
  }
  return faults;
}

}  // namespace manta::simulate
