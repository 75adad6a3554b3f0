// EXPECT: manta: the result of this method cannot be encoded; describe its struct with BOOST_DESCRIBE_STRUCT
#include "deployments.h"

struct Gives {
  NotDescribed give() { return {}; }
  using methods = manta::Methods<&Gives::give>;
};
auto wrong() { return manta::bind<Gives>(); }
