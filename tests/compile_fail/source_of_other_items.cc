// EXPECT: manta: the arguments of this call do not fit the method's parameters
#include "deployments.h"

class Taker {
 public:
  int sum(manta::Reader<int>) { return 1; }
  using methods = manta::Methods<&Taker::sum>;
};

auto wrong(manta::Handle<Taker> taker) { return taker.call<&Taker::sum>(std::vector<std::string>{"a"}); }
