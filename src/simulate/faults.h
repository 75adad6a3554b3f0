#pragma once

#include <string_view>

#include <manta/error.h>

namespace manta::simulate {

// What goes wrong, at random. A time is the mean time between two of a kind, all replicas together; 0: never.
struct FaultOptions {
  double crash_s = 0;  // a replica dies
  double slow_s = 0;   // a replica becomes slow_factor times slower for slow_for_s
  double slow_for_s = 30;
  double slow_factor = 10;
  double cut_s = 0;      // the connections of a replica break; calls on them may have run
  double restart_s = 0;  // the controller dies and is back after restart_takes_s
  double restart_takes_s = 1;
  double node_s = 0;  // a node leaves with its replicas and is back after node_back_s
  double node_back_s = 60;
  double start_share = 0;  // of the starts fail
  double late_share = 0;   // of the messages are late, by up to half a second
  double lost_share = 0;   // of grants and snapshots are lost

  bool any() const { return crash_s + slow_s + cut_s + restart_s + node_s + start_share + late_share + lost_share > 0; }
  bool operator==(const FaultOptions&) const = default;
};

// "crash=10m,slow=5m,late=1%,start=10%". InvalidArgument names what is known.
Result<FaultOptions> parse_faults(std::string_view text);

}  // namespace manta::simulate
