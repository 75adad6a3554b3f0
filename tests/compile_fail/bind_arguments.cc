// EXPECT: manta: the deployment's constructor does not take these arguments of bind()
#include "deployments.h"

auto wrong() { return manta::bind<Caller>(manta::bind<Callee>(), "text", 3); }
