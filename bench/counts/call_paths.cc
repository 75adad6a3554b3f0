// One call after the other from one coroutine: through a handle to a deployment of the same process and of another one,
// and, to compare them with, a virtual call of plain C++.
#include <memory>
#include <string>
#include <utility>

#include <manta/manta.h>

#include "hot_path.h"
#include "turnstile.h"
#include "whole_instance.h"

namespace manta::counts {
namespace {

constexpr int kCalls = 100;  // one after the other each time the turnstile lets through

struct Parcel {
  std::string data;
};
BOOST_DESCRIBE_STRUCT(Parcel, (), (data))

class Mirror {
 public:
  Task<Parcel> reflect(Parcel parcel) { co_return parcel; }

  using methods = Methods<&Mirror::reflect>;
};

class VirtualMirror {
 public:
  virtual ~VirtualMirror() = default;
  virtual Task<Parcel> reflect(Parcel parcel) { co_return parcel; }
};

int calls_answered = 0;

class Asker {
 public:
  explicit Asker(Handle<Mirror> mirror) : mirror_(std::move(mirror)) {}

  Task<void> by_handle() {
    Parcel parcel{std::string(200, 'x')};
    for (;;) {
      const int calls = co_await Turnstile::instance().pass();
      for (int i = 0; i < calls; ++i) {
        auto answer = mirror_.call<&Mirror::reflect>(std::move(parcel));
        parcel = co_await answer;
        if (parcel.data.size() == 200) ++calls_answered;
      }
    }
  }

  Task<void> by_virtual_call() {
    const auto mirror = std::make_unique<VirtualMirror>();
    Parcel parcel{std::string(200, 'x')};
    for (;;) {
      const int calls = co_await Turnstile::instance().pass();
      for (int i = 0; i < calls; ++i) {
        auto answer = mirror->reflect(std::move(parcel));
        parcel = co_await answer;
        if (parcel.data.size() == 200) ++calls_answered;
      }
    }
  }

  using methods = Methods<&Asker::by_handle, &Asker::by_virtual_call>;

 private:
  Handle<Mirror> mirror_;
};

HotPath calls(std::string name, std::string how, WholeInstance::Placed placed) {
  return {.name = std::move(name), .runs = 50, .operations = kCalls, .set_up = [=] {
            const Application application{.name = "calls", .ingress = manta::bind<Asker>(manta::bind<Mirror>())};
            auto instance = std::make_shared<WholeInstance>(application, WholeInstance::StandIns(), placed);
            const auto client = std::shared_ptr<RawClient>(instance->client());
            client->send("POST /app/" + how + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n[]");
            instance->loop().poll();
            return [instance, client] {
              calls_answered = 0;
              Turnstile::instance().release(kCalls);
              instance->loop().poll();
              require(calls_answered == kCalls, "not every call was answered");
            };
          }};
}

}  // namespace

std::vector<HotPath> call_paths() {
  return {calls("virtual_call", "by_virtual_call", WholeInstance::Placed::Together),
          calls("fused_call", "by_handle", WholeInstance::Placed::Together),
          calls("handle_call", "by_handle", WholeInstance::Placed::Separate)};
}

}  // namespace manta::counts
