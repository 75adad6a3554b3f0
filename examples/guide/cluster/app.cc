// Tells which machine answered.
#include <string>

#include <manta/manta.h>

class Where {
 public:
  std::string node() { return manta::replica_context().node_id; }
  using methods = manta::Methods<manta::idempotent<&Where::node>>;
};

manta::Application build() { return {.name = "where", .ingress = manta::bind<Where>()}; }
MANTA_APP(build)
