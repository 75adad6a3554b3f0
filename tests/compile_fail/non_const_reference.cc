// EXPECT: manta: a method cannot take a non-const reference: arguments come from another process
#include "deployments.h"

struct Changes {
  int clear(std::string& text) { return text.clear(), 1; }
  using methods = manta::Methods<&Changes::clear>;
};
auto wrong() { return manta::bind<Changes>(); }
