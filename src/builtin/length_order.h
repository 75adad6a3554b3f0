#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <manta/batch.h>
#include <manta/task.h>

namespace manta::builtin {

// Indices of `lengths`, the shortest first; equal ones in their order.
std::vector<std::size_t> shortest_first(std::span<const std::size_t> lengths);

// Runs the items of one request (each with its `size()`) so that those of about equal length come into one batch, as if
// the caller had sorted them; the results are in the order of the items. The first failure in order of length is
// thrown.
template <class Item, class Out>
Task<std::vector<Out>> submit_by_length(Batcher<Item, Out>& batcher, std::vector<Item> items) {
  std::vector<std::size_t> lengths;
  for (const Item& item : items) lengths.push_back(item.size());
  const std::vector<std::size_t> order = shortest_first(lengths);
  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (const std::size_t index : order) sorted.push_back(std::move(items[index]));
  auto running = batcher.submit_all(std::move(sorted));
  std::vector<Out> results = co_await running;
  std::vector<std::size_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::vector<Out> in_order;
  in_order.reserve(results.size());
  for (const std::size_t at : place) in_order.push_back(std::move(results[at]));
  co_return in_order;
}

}  // namespace manta::builtin
