// EXPECT: manta: a method with a Writer returns void or Task<void>: what it writes is its answer
#include "deployments.h"

struct Streams {
  int items(manta::Writer<int> out) { return out.write_blocking(1), 1; }
  using methods = manta::Methods<&Streams::items>;
};
auto wrong() { return manta::bind<Streams>(); }
