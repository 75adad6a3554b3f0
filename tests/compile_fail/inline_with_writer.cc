// EXPECT: manta: an inline_ method must not wait, so it takes no Reader, Writer or HttpWriter
#include "deployments.h"

class Wrong {
 public:
  void items(manta::Writer<int> out) { out.write_blocking(1); }
  using methods = manta::Methods<manta::inline_<&Wrong::items>>;
};

auto wrong() { return manta::bind<Wrong>(); }
