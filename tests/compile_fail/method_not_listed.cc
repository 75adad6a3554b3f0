// EXPECT: manta: this method is not in the deployment's Methods<>: add it there
#include "deployments.h"

void wrong(manta::Handle<Callee> callee) { callee.call<&Callee::hidden>().detach(); }
