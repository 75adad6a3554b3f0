// How many requests a replica runs at once, and which need no place for that.
#include <algorithm>

#include "replica/replica_impl.h"
#include "replica/request_decode.h"

namespace manta::replica {

// Requests can only fill a batch if they run together. A limit that nobody gave follows the batches; one that was given
// stays, with a warning, as Ray Serve does it.
void ReplicaServer::Impl::fit_places() {
  const auto& servable = host.servable();
  const int configured = options.config.max_ongoing_requests;
  const int batches = servable ? servable->batch_concurrency() : 0;
  if (batches > configured && !options.config.raise_for_batches && batches != warned_of_batches) {
    warned_of_batches = batches;
    logger.warn("max_ongoing_requests is below max_batch_size * max_concurrent_batches: batches cannot fill",
                {{"replica", options.id}, {"max_ongoing_requests", configured}, {"batches", batches}});
  }
  const int places = options.config.raise_for_batches ? std::max(configured, batches) : configured;
  if (places == board.admission.max_ongoing()) return;
  board.admission.set_max_ongoing(places);
  places_changed();
  report();
}

Result<void> ReplicaServer::Impl::check_batching(const spec::RunningSettings& settings) const {
  const auto servable = host.servable();
  return servable ? servable->check_batching(settings.batching) : Result<void>();
}

void ReplicaServer::Impl::take_batching(const spec::RunningSettings& settings) {
  options.config.batching = settings.batching;
  options.config.raise_for_batches = settings.raise_for_batches;
  options.config.response_cache = settings.response_cache;
  if (const auto servable = host.servable()) servable->configure_batching(settings.batching);
  warned_of_batches = 0;
  fit_places();
  places_changed();
}

bool ReplicaServer::Impl::answers_without_place(const ResponseCacheFront::Query& query,
                                                const net::ExchangePtr& exchange) {
  const net::Request& request = exchange->request();
  const int waiting = waiting_requests(request);
  const auto context = decode_context(request, loop.now());
  complete(*context);
  if (!shared_answers.answer(query, exchange, context, board.admission.ongoing())) return false;
  board.admission.pass(exchange->connection_id(), waiting, loop.now());
  places_changed();
  return true;
}

}  // namespace manta::replica
