// EXPECT: manta: handle.stream<>() is for methods with a Writer<T> or HttpWriter, handle.call<>() for the others
#include "deployments.h"

void wrong(manta::Handle<Callee> callee) { callee.call<&Callee::items>(3).detach(); }
