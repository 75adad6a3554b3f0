#include "routing/wait_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace manta::routing {
namespace {

class WaitQueueTest : public testing::Test {
 protected:
  RequestInfo request(const std::string& tenant = "", int priority = 0) {
    auto context = std::make_shared<RequestContext>();
    context->tenant = tenant;
    context->priority = priority;
    return {.context = std::move(context), .arrival = ++arrivals};
  }
  Waiter& wait(const RequestInfo& info) {
    waiters.push_back({.request = info});
    queue.add(waiters.back());
    return waiters.back();
  }
  Waiter& wait(const std::string& tenant = "", int priority = 0) { return wait(request(tenant, priority)); }
  // The tenants of the next `count` that are served.
  std::string serve(int count) {
    std::string order;
    for (int i = 0; i < count; ++i) {
      Waiter* const next = queue.next();
      order += next->request.context->tenant;
      queue.serve(*next);
    }
    return order;
  }

  WaitQueue queue;
  std::deque<Waiter> waiters;
  std::uint64_t arrivals = 0;
};

TEST_F(WaitQueueTest, ServesTheHigherPriorityFirstAndThenTheOlder) {
  wait("a", 0);
  wait("b", -1);
  wait("c", 7);
  wait("d", 0);
  wait("e", 7);
  EXPECT_EQ(serve(5), "ceadb");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next(), nullptr);
}

TEST_F(WaitQueueTest, WithoutTenantsItIsFirstComeFirstServed) {
  std::vector<Waiter*> in_order;
  for (int i = 0; i < 100; ++i) in_order.push_back(&wait());
  for (Waiter* const waiter : in_order) {
    EXPECT_EQ(queue.next(), waiter);
    queue.serve(*waiter);
  }
}

TEST_F(WaitQueueTest, TenantsTakeTurnsHoweverManyRequestsOneHas) {
  for (int i = 0; i < 50; ++i) wait("a");
  for (int i = 0; i < 3; ++i) wait("b");
  EXPECT_EQ(serve(8),
            "ababab"
            "aa");
}

TEST_F(WaitQueueTest, ShareOutByWeight) {
  queue.set_weights({{"a", 3}});
  for (int i = 0; i < 400; ++i) {
    wait("a");
    wait("b");
  }
  const std::string served = serve(400);
  EXPECT_EQ(std::ranges::count(served, 'a'), 300);
}

TEST_F(WaitQueueTest, WeightsThatChangeHoldForThoseThatWait) {
  for (int i = 0; i < 400; ++i) {
    wait("a");
    wait("b");
  }
  serve(100);
  queue.set_weights({{"b", 4}});
  const std::string served = serve(100);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(served, 'b')), 80, 2);
}

TEST_F(WaitQueueTest, ATenantThatWaitedForNothingSavesUpNoTurns) {
  for (int i = 0; i < 100; ++i) wait("a");
  serve(50);
  for (int i = 0; i < 50; ++i) wait("b");
  EXPECT_EQ(serve(10), "bababababa");
}

TEST_F(WaitQueueTest, ATenantThatComesBackAtOnceHasNotGivenUpWhatItHad) {
  queue.set_weights({{"b", 0.1}});
  for (int i = 0; i < 100; ++i) wait("a");
  std::string served;
  for (int i = 0; i < 40; ++i) {
    if (std::ranges::none_of(waiters, [](const Waiter& w) { return w.tenant && w.request.context->tenant == "b"; }))
      wait("b");  // one at a time, again as soon as it was served
    served += serve(1);
  }
  EXPECT_NEAR(static_cast<double>(std::ranges::count(served, 'b')), 4, 1);
}

TEST_F(WaitQueueTest, ARefusedRequestComesBackToItsOldPlace) {
  const RequestInfo a = request("a");
  Waiter& first = wait(a);
  wait("b");
  wait("a");
  EXPECT_EQ(queue.next(), &first);
  queue.serve(first);
  RequestInfo again = a;
  again.charged = again.was_sent = true;
  Waiter& back = wait(again);
  EXPECT_EQ(queue.next(), &back);
  EXPECT_EQ(serve(3), "aba") << "and its tenant has paid once";
}

TEST_F(WaitQueueTest, AfterVisitsEachOnceInTheOrderOfService) {
  for (const int priority : {0, 5})
    for (const char* tenant : {"a", "b", "a", "c", "b"}) wait(tenant, priority);
  const auto all = queue.all();
  EXPECT_EQ(all.size(), 10U);
  EXPECT_EQ(all.front(), queue.next());
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_LE(all[i]->request.context->priority, all[i - 1]->request.context->priority);
  EXPECT_EQ(std::set<Waiter*>(all.begin(), all.end()).size(), 10U);
}

struct DisplacedRow {
  std::string name;
  std::vector<std::pair<std::string, int>> waiting;  // tenant, priority; oldest first
  std::pair<std::string, int> comes;
  bool was_sent_before_all = false;
  int leaves = -1;  // index into `waiting`; -1: nobody
};

class DisplacedTest : public WaitQueueTest, public testing::WithParamInterface<DisplacedRow> {};

TEST_P(DisplacedTest, NamesWhoMakesRoom) {
  const DisplacedRow& row = GetParam();
  RequestInfo first = request(row.comes.first, row.comes.second);
  for (const auto& [tenant, priority] : row.waiting) wait(tenant, priority);
  RequestInfo comes = row.was_sent_before_all ? first : request(row.comes.first, row.comes.second);
  comes.was_sent = row.was_sent_before_all;
  Waiter* const expected = row.leaves < 0 ? nullptr : &waiters[static_cast<std::size_t>(row.leaves)];
  EXPECT_EQ(queue.displaced_by(comes), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DisplacedTest,
    testing::Values(
        DisplacedRow{.name = "NobodyWaits", .comes = {"a", 0}},
        DisplacedRow{.name = "ANewOneOfTheSameKind", .waiting = {{"", 0}, {"", 0}}, .comes = {"", 0}},
        DisplacedRow{.name = "AHigherPriority", .waiting = {{"", 0}, {"", 0}}, .comes = {"", 1}, .leaves = 1},
        DisplacedRow{.name = "ALowerPriority", .waiting = {{"", 0}}, .comes = {"", -1}},
        DisplacedRow{
            .name = "TheLowestGoesFirst", .waiting = {{"", 1}, {"", -2}, {"", 0}}, .comes = {"", 5}, .leaves = 1},
        DisplacedRow{
            .name = "ATenantWithLess", .waiting = {{"a", 0}, {"a", 0}, {"b", 0}}, .comes = {"c", 0}, .leaves = 1},
        DisplacedRow{.name = "ATenantWithAsMuch", .waiting = {{"a", 0}, {"a", 0}, {"b", 0}}, .comes = {"b", 0}},
        DisplacedRow{.name = "AnOlderOneThatWasLetIn",
                     .waiting = {{"", 0}, {"", 0}},
                     .comes = {"", 0},
                     .was_sent_before_all = true,
                     .leaves = 1}),
    [](const auto& row) { return row.param.name; });

// Against a list that is searched from end to end.
TEST_F(WaitQueueTest, CountsAndOrderHoldUnderAnyHistory) {
  std::mt19937_64 random(11);
  std::vector<Waiter*> inside;
  for (int step = 0; step < 5000; ++step) {
    const auto kind = random() % 10;
    if (kind < 5 || inside.empty()) {
      RequestInfo info = request(std::string(1, static_cast<char>('a' + random() % 5)), static_cast<int>(random() % 3));
      info.charged = info.was_sent = random() % 8 == 0;
      inside.push_back(&wait(info));
    } else if (kind < 8) {
      Waiter* const next = queue.next();
      const int highest = (*std::ranges::max_element(inside, {}, [](Waiter* w) {
                            return w->request.context->priority;
                          }))->request.context->priority;
      ASSERT_EQ(next->request.context->priority, highest);
      for (Waiter* const other : inside)
        if (other->tenant == next->tenant) ASSERT_GE(other->request.arrival, next->request.arrival);
      queue.serve(*next);
      std::erase(inside, next);
    } else if (kind < 9) {
      Waiter* const any = inside[random() % inside.size()];
      queue.remove(*any);
      std::erase(inside, any);
    } else {
      queue.set_weights({{"a", 1.0 + static_cast<double>(random() % 4)}});
    }
    ASSERT_EQ(queue.size(), inside.size());
    if (step % 97 == 0) ASSERT_EQ(queue.all().size(), inside.size());
    const auto at_least_1 = std::ranges::count_if(inside, [](Waiter* w) { return w->request.context->priority >= 1; });
    ASSERT_EQ(queue.ahead_of(1), static_cast<std::size_t>(at_least_1));
  }
}

}  // namespace
}  // namespace manta::routing
