#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rag {

// How well the words of each text match those of the query: BM25 (k1 = 1.2, b = 0.75) among these texts, English
// endings taken off. 0 or more, one for each text; 0 = no word in common.
std::vector<double> word_scores(std::string_view query, const std::vector<std::string>& texts);

// One opinion about the same candidates, in the same order. Only the ranks matter, so scales need not be alike.
struct Vote {
  std::vector<double> scores;  // higher is better; equal ones rank in their order
  double weight = 1;
};

// Reciprocal rank fusion (Cormack, Clarke, Buettcher 2009) of votes of equal length: each gives weight / (10 + rank).
// Scaled to 0 .. 1, where 1 is first in every vote.
std::vector<double> fused(const std::vector<Vote>& votes);

// Indices of the `count` highest scores, best first; equal ones in their order.
std::vector<std::size_t> best_of(const std::vector<double>& scores, std::size_t count);

}  // namespace rag
