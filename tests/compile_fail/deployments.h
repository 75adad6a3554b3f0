#pragma once

#include <string>

#include <manta/manta.h>

struct Text {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

struct NotDescribed {
  std::string text;
};

class Callee {
 public:
  std::string search(std::string query, int count) { return query.substr(0, static_cast<std::size_t>(count)); }
  void items(int count, manta::Writer<int> out) { out.write_blocking(count); }
  int hidden() { return 1; }
  using methods = manta::Methods<&Callee::search, &Callee::items>;
};

class Other {
 public:
  int one() { return 1; }
  using methods = manta::Methods<&Other::one>;
};

class Caller {
 public:
  Caller(manta::Handle<Callee> callee, int) : callee_(callee) {}
  int one() { return 1; }
  using methods = manta::Methods<&Caller::one>;
  manta::Handle<Callee> callee_;
};
