#pragma once

#include "routing/policy.h"
#include "spec/routing_policy.h"

namespace manta::routing {

// Requests of one key go to one replica, whichever caller sends them: the key is the session, else the tenant, else the
// request's id. Every replica has `vnodes` points on a ring that depend only on its id; a key belongs to the next
// point. So a replica that comes or goes moves only its own share of the keys. Bounded load: a replica that may take
// nothing now, or has more than max(min_load, load_factor times the mean load), is passed over for the next one on the
// ring; if all are, the first that may take the request gets it.
Policy consistent_hash(const spec::ConsistentHashOptions& options);

}  // namespace manta::routing
