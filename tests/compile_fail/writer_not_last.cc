// EXPECT: manta: Writer<T> and HttpWriter must be the last parameter of a method
#include "deployments.h"

struct Streams {
  void items(manta::Writer<int> out, int count) { out.write_blocking(count); }
  using methods = manta::Methods<&Streams::items>;
};
auto wrong() { return manta::bind<Streams>(); }
