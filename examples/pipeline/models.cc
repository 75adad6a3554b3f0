#include "models.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <sstream>
#include <utility>

namespace pipeline {
namespace {

manta::Task<void> take(ModelTime time) {
  return manta::sleep(std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>(std::max(0.0, time.ms))));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string without_punctuation(std::string word) {
  while (!word.empty() && std::ispunct(static_cast<unsigned char>(word.back()))) word.pop_back();
  return word;
}

bool is_capitalised(const std::string& word) {
  return !word.empty() && std::isupper(static_cast<unsigned char>(word.front()));
}

bool ends_sentence(const std::string& word) {
  return word.ends_with('.') || word.ends_with('!') || word.ends_with('?');
}

std::string joined(const std::vector<std::string>& pages) {
  std::string text;
  for (const std::string& page : pages) {
    std::istringstream words(page);
    for (std::string word; words >> word;) {
      const bool continues = text.ends_with('-');
      if (continues) text.pop_back();
      text += (text.empty() || continues ? "" : " ") + word;
    }
  }
  return text;
}

std::map<std::string, int> names(const std::string& text) {
  std::map<std::string, int> counts;
  std::istringstream words(text);
  std::string name;
  bool starts_sentence = true;
  const auto end_name = [&] {
    if (!name.empty()) ++counts[std::exchange(name, {})];
  };
  for (std::string word; words >> word;) {
    const std::string bare = without_punctuation(word);
    if (is_capitalised(bare) && !starts_sentence)
      name += (name.empty() ? "" : " ") + bare;
    else
      end_name();
    if (bare != word) end_name();
    starts_sentence = ends_sentence(word);
  }
  end_name();
  return counts;
}

}  // namespace

manta::Task<std::string> OCR::extract(Document document) {
  co_await take(time_);
  co_return joined(document.pages);
}

manta::Task<std::vector<Entity>> NER::extract(std::string text) {
  co_await take(time_);
  std::vector<Entity> entities;
  for (const auto& [name, count] : names(text)) entities.push_back({name, count});
  std::ranges::sort(entities, [](const Entity& a, const Entity& b) {
    return a.count != b.count ? a.count > b.count : a.name < b.name;
  });
  co_return entities;
}

manta::Task<std::string> Classifier::classify(std::map<std::string, std::string> metadata) {
  co_await take(time_);
  for (const auto& [key, value] : metadata)
    for (const char* kind : {"contract", "invoice", "letter"})
      if (lower(value).contains(kind)) co_return kind;
  co_return "other";
}

}  // namespace pipeline
