// EXPECT: manta: the arguments of this call do not fit the method's parameters
#include "deployments.h"

void wrong(manta::Handle<Callee> callee) { callee.call<&Callee::search>("query").detach(); }
