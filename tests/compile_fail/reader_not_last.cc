// EXPECT: manta: a method takes one stream, and last: a Reader<T>, with only a Writer<T> after it
#include "deployments.h"

class Wrong {
 public:
  int sum(manta::Reader<int>, int start) { return start; }
  using methods = manta::Methods<&Wrong::sum>;
};

auto wrong() { return manta::bind<Wrong>(); }
