// EXPECT: manta: bind() takes values that can be encoded
#include "deployments.h"

auto wrong() { return manta::bind<Caller>(manta::bind<Callee>(), NotDescribed{"x"}); }
