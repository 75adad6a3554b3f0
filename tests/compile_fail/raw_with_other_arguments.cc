// EXPECT: manta: a method that takes an HttpRequest takes nothing else but perhaps an HttpWriter
#include "deployments.h"

struct Raw {
  manta::HttpResponse answer(manta::HttpRequest, int) { return {}; }
  using methods = manta::Methods<&Raw::answer>;
};
auto wrong() { return manta::bind<Raw>(); }
