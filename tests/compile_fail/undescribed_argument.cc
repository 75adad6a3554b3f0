// EXPECT: manta: a parameter of this method cannot be encoded; describe its struct with BOOST_DESCRIBE_STRUCT
#include "deployments.h"

struct Takes {
  int take(NotDescribed value) { return static_cast<int>(value.text.size()); }
  using methods = manta::Methods<&Takes::take>;
};
auto wrong() { return manta::bind<Takes>(); }
