// EXPECT: manta: handle.stream<>() is for methods with a Writer<T> or HttpWriter, handle.call<>() for the others
#include "deployments.h"

void wrong(manta::Handle<Callee> callee) { auto reader = callee.stream<&Callee::search>("query", 3); }
