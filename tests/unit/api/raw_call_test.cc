#include <gtest/gtest.h>

#include <memory>
#include <tuple>
#include <vector>

#include "deployments.h"

namespace manta {
namespace {

// Raw methods behind a composer that passes on what it got.
class Pages {
 public:
  Task<HttpResponse> mirror(HttpRequest request) {
    if (request.method == "DELETE") throw HttpError(403, "not here");
    co_return HttpResponse{
        .status = 207,
        .headers = {{"x-path", request.path}, {"x-id", request.path_parameters["id"]}},
        .body = request.query_string + "|" + std::string(*request.header("x-key")) + "|" + request.body};
  }
  Task<void> page(HttpRequest request, HttpWriter out) {
    if (request.body == "nothing") co_return;
    if (request.body == "fail at once") throw HttpError(410, "gone");
    co_await out.start(202, {{"content-type", "text/x"}});
    co_await out.write("one ");
    if (request.body == "fail later") throw std::runtime_error("broken");
    co_await out.write(request.body);
  }
  using methods = Methods<route<"*", "/mirror/{id}", &Pages::mirror>, &Pages::page>;
};

class PlainPages {
 public:
  HttpResponse mirror(HttpRequest request) { return HttpResponse::text(request.body); }
  void page(HttpRequest request, HttpWriter out) {
    out.start_blocking(203, {});
    out.write_blocking(request.body);
  }
  using methods = Methods<&PlainPages::mirror, &PlainPages::page>;
};

class PassingFront {
 public:
  PassingFront(Handle<Pages> pages, Handle<PlainPages> plain) : pages_(std::move(pages)), plain_(std::move(plain)) {}
  Task<HttpResponse> whole(HttpRequest request) { co_return co_await pages_.call<&Pages::mirror>(std::move(request)); }
  Task<void> streamed(HttpRequest request, HttpWriter out) {
    auto answer = pages_.stream<&Pages::page>(std::move(request));
    HttpResponse head = co_await answer.head();
    co_await out.start(head.status, std::move(head.headers));
    while (auto bytes = co_await answer.next()) co_await out.write(std::move(*bytes));
  }
  using methods =
      Methods<route<"*", "/items/{id}", &PassingFront::whole>, route<"POST", "/page", &PassingFront::streamed>>;

 private:
  Handle<Pages> pages_;
  Handle<PlainPages> plain_;
};

class RawCallTest : public ::testing::Test {
 protected:
  testing::LocalApp app{{.ingress = bind<PassingFront>(bind<Pages>(), bind<PlainPages>())}};
};

TEST_F(RawCallTest, AComposerPassesTheRequestItGotOn) {
  const std::string body("bytes \xff\x00 of any kind", 21);
  const HttpResponse answer = app.request("PUT", "/items/7?a=1&b=%20", body, {{"X-Key", "k"}});
  EXPECT_EQ(answer.status, 207);
  EXPECT_EQ(answer.body, "a=1&b=%20|k|" + body);
  EXPECT_EQ(answer.headers, (HttpHeaders{{"x-path", "/items/7"}, {"x-id", "7"}}));
}

TEST_F(RawCallTest, AnHttpErrorOfTheCalleeKeepsItsStatus) {
  EXPECT_EQ(app.request("DELETE", "/items/7", "", {}).status, 403);
}

TEST_F(RawCallTest, AStreamedAnswerArrivesWithItsHead) {
  const HttpResponse answer = app.post("/page", "two");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.headers, (HttpHeaders{{"content-type", "text/x"}}));
  EXPECT_EQ(answer.body, "one two");
}

TEST_F(RawCallTest, AStreamWithoutAWordStillHasAHead) {
  auto answer = app.handle<Pages>().stream<&Pages::page>(HttpRequest{.method = "POST", .body = "nothing"});
  EXPECT_EQ(answer.head_blocking().status, 200);
  EXPECT_EQ(answer.next_blocking(), std::nullopt);
}

TEST_F(RawCallTest, AFailureIsThrownAtTheHeadOrWhereTheStreamBroke) {
  auto early = app.handle<Pages>().stream<&Pages::page>(HttpRequest{.body = "fail at once"});
  try {
    early.head_blocking();
    FAIL() << "nothing was thrown";
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.error().status, 410);
  }
  auto late = app.handle<Pages>().stream<&Pages::page>(HttpRequest{.body = "fail later"});
  EXPECT_EQ(late.head_blocking().status, 202);
  EXPECT_EQ(late.next_blocking(), "one ");
  EXPECT_THROW(late.next_blocking(), Exception);
}

TEST_F(RawCallTest, PlainMethodsAreCalledTheSameWay) {
  const auto pages = app.handle<PlainPages>();
  EXPECT_EQ(pages.call<&PlainPages::mirror>(HttpRequest{.body = "x"}).get().body, "x");
  auto answer = pages.stream<&PlainPages::page>(HttpRequest{.body = "y"});
  EXPECT_EQ(answer.head_blocking().status, 203);
  EXPECT_EQ(answer.next_blocking(), "y");
}

TEST_F(RawCallTest, ADynamicHandleGivesTheRequestAsAnyArgument) {
  EXPECT_EQ(app.handle("PlainPages").call<HttpResponse>("mirror", HttpRequest{.body = "x"}).get().body, "x");
}

// Ends every call before it begins, and keeps whether it might have run again.
class NotingCaller final : public detail::Caller {
 public:
  struct Noted {};
  detail::PendingCall call(detail::OutgoingCall call) override {
    retries.push_back(call.retry);
    throw Noted();
  }
  detail::PendingStream stream(detail::OutgoingCall call) override {
    retries.push_back(call.retry);
    throw Noted();
  }
  std::vector<bool> retries;
};

TEST(RawCallRetryTest, ASafeVerbMayRunAgainAlsoWhereTheRequestIsGivenAway) {
  const auto caller = std::make_shared<NotingCaller>();
  const Handle<Pages> pages(caller);
  for (const char* verb : {"GET", "POST"}) {
    HttpRequest whole, streamed;
    whole.method = streamed.method = verb;
    EXPECT_THROW(std::ignore = pages.call<&Pages::mirror>(std::move(whole)), NotingCaller::Noted);
    EXPECT_THROW(std::ignore = pages.stream<&Pages::page>(std::move(streamed)), NotingCaller::Noted);
  }
  EXPECT_EQ(caller->retries, (std::vector<bool>{true, true, false, false}));
}

}  // namespace
}  // namespace manta
