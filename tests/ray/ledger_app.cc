// Writes down each call that it begins, and answers a moment later: by it tests of failures count what has run, and
// twice.
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <manta/manta.h>

struct Entry {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (key))

struct Written {
  int pid = 0;
  std::string node_id;
};
BOOST_DESCRIBE_STRUCT(Written, (), (pid, node_id))

struct LedgerOptions {
  std::string path;
};
BOOST_DESCRIBE_STRUCT(LedgerOptions, (), (path))

class Ledger {
 public:
  explicit Ledger(const LedgerOptions& options)
      : file_(::open(options.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::runtime_error("cannot write " + options.path);
  }

  manta::Task<Written> write(Entry entry) {
    const std::string line = entry.key + "\n";
    if (::write(file_, line.data(), line.size()) < 0) throw std::runtime_error("cannot write the ledger");
    co_await manta::sleep(std::chrono::milliseconds(20));
    co_return Written{.pid = static_cast<int>(::getpid()), .node_id = manta::replica_context().node_id};
  }

  using methods = manta::Methods<&Ledger::write>;

 private:
  const int file_;
};

manta::Application build(const manta::Args& args) {
  return {.name = "ledger",
          .ingress = manta::bind<Ledger>(args.as<LedgerOptions>()).with({.ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build)
