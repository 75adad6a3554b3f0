// The application of the HTTP tests: methods that echo, wait, fail and stream on demand.

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <boost/describe/class.hpp>

#include <manta/manta.h>

namespace {

struct Note {
  std::string text;
  int times = 1;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text, times))

struct Wait {
  double seconds = 0;
};
BOOST_DESCRIBE_STRUCT(Wait, (), (seconds))

struct Count {
  int to = 3;
  double pause_s = 0;
  int padding = 0;  // bytes added to each item
};
BOOST_DESCRIBE_STRUCT(Count, (), (to, pause_s, padding))

struct Tick {
  int number = 0;
  std::string padding;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (number, padding))

struct Seen {
  std::string request_id;
  std::string session_id;
  std::string route;
  std::int64_t waits_cancelled = 0;
};
BOOST_DESCRIBE_STRUCT(Seen, (), (request_id, session_id, route, waits_cancelled))

std::chrono::nanoseconds seconds(double value) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(value));
}

// Counts the waits that ended because their client went away.
struct CancelCounter {
  std::int64_t& count;
  bool finished = false;
  ~CancelCounter() {
    if (!finished) ++count;
  }
};

class HttpApp {
 public:
  manta::Task<Note> echo(Note note) {
    std::string text;
    for (int i = 0; i < note.times; ++i) text += note.text;
    co_return Note{.text = std::move(text), .times = note.times};
  }

  manta::Task<Wait> wait(Wait wait) {
    CancelCounter counter{waits_cancelled_};
    co_await manta::sleep(seconds(wait.seconds));
    counter.finished = true;
    co_return wait;
  }

  manta::Task<void> count(Count count, manta::Writer<Tick> out) {
    for (int i = 1; i <= count.to; ++i) {
      if (i > 1 && count.pause_s > 0) co_await manta::sleep(seconds(count.pause_s));
      Tick tick{.number = i, .padding = std::string(static_cast<std::size_t>(count.padding), 'x')};
      co_await out.write(std::move(tick));
    }
  }

  manta::Task<Note> fail(Note note) {
    if (note.text == "teapot") throw manta::HttpError(418, "short and stout");
    throw std::runtime_error("the secret of http_app.cc");
    co_return note;
  }

  manta::Task<Seen> seen() {
    const manta::RequestContext& request = manta::request_context();
    co_return Seen{.request_id = request.request_id,
                   .session_id = request.session_id,
                   .route = request.route,
                   .waits_cancelled = waits_cancelled_};
  }

  // Shows what of a request arrives at a method that takes it raw.
  manta::Task<manta::HttpResponse> raw(manta::HttpRequest request) {
    std::string text = request.method + " " + request.path + "?" + request.query_string + "\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
    text += "body: " + std::to_string(request.body.size()) + "\n";
    manta::HttpResponse response = manta::HttpResponse::text(std::move(text), 201);
    response.headers.emplace_back("x-from-app", "yes");
    co_return response;
  }

  manta::Task<manta::HttpResponse> item(manta::HttpRequest request) {
    co_return manta::HttpResponse::text("item " + request.path_parameters["id"]);
  }

  manta::Task<Note> call(Note note) { co_return note; }

  using methods =
      manta::Methods<manta::route<"GET", "/echo", &HttpApp::echo>, &HttpApp::wait, &HttpApp::count, &HttpApp::fail,
                     manta::route<"GET", "/seen", &HttpApp::seen>, manta::route<"*", "/raw/*", &HttpApp::raw>,
                     manta::route<"GET", "/items/{id}", &HttpApp::item>, &HttpApp::call>;

 private:
  std::int64_t waits_cancelled_ = 0;
};

// One request at a time and one in the queue: for the answers of a full deployment.
class Busy {
 public:
  manta::Task<Wait> call(Wait wait) {
    co_await manta::sleep(seconds(wait.seconds));
    co_return wait;
  }
  using methods = manta::Methods<&Busy::call>;
};

std::vector<manta::Application> build(const manta::Args&) {
  auto http = manta::bind<HttpApp>().with({.max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}});
  auto busy = manta::bind<Busy>().with({.max_ongoing_requests = 1,
                                        .max_queued_requests = 1,
                                        .backpressure_status_code = 429,
                                        .ray_actor_options = {.num_cpus = 0.1}});
  return {{.name = "http", .ingress = http, .route_prefix = "/"},
          {.name = "busy", .ingress = busy, .route_prefix = "/busy"}};
}

}  // namespace

MANTA_APP(build)
