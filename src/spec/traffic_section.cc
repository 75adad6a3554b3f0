#include "spec/traffic_section.h"

#include <utility>

namespace manta::spec {
namespace {

template <class T>
T read_described(Section section) {
  T value;
  section.read_members(value);
  section.refuse_rest();
  return value;
}

TrafficRule read_rule(Section section) {
  TrafficRule rule;
  section.read("route", rule.route);
  section.read("sticky", rule.sticky);
  for (Section& target : section.sections("split"))
    rule.split.push_back(read_described<TrafficTarget>(std::move(target)));
  const bool has_shadow = section.has("shadow"), has_promotion = section.has("promote");
  Section shadow = section.section("shadow"), promotion = section.section("promote");
  if (has_shadow) rule.shadow = read_described<TrafficShadow>(std::move(shadow));
  if (has_promotion) rule.promote = read_described<TrafficPromotion>(std::move(promotion));
  section.refuse_rest();
  return rule;
}

}  // namespace

std::vector<TrafficRule> read_traffic(Section& application) {
  std::vector<TrafficRule> rules;
  for (Section& section : application.sections("traffic")) rules.push_back(read_rule(std::move(section)));
  return rules;
}

}  // namespace manta::spec
