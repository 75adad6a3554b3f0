#include "sentences.h"

#include <algorithm>
#include <cctype>

namespace rag {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Letters of other scripts count: their bytes are above ASCII.
bool says_something(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0;
  });
}

std::string folded(std::string_view text) {
  std::string words;
  for (const char c : text) {
    if (!is_space(c))
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

std::string_view unindented(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

// Length of the "- ", "* " or "12. " that a list's item begins with; 0 when it is none.
std::size_t item_mark(std::string_view line) {
  if (line.starts_with("- ") || line.starts_with("* ")) return 2;
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(line, is_digit) - line.begin());
  return digits > 0 && line.substr(digits).starts_with(". ") ? digits + 2 : 0;
}

class Reader {
 public:
  void line(std::string_view line) {
    const std::string_view text = unindented(line);
    if (text.starts_with("```")) {
      end_block();
      in_code_ = !in_code_;
    } else if (in_code_) {
      block_.append(line).append("\n");
    } else if (text.starts_with("|")) {
      end_block();
      std::string row(text);
      std::ranges::replace(row, '|', ' ');
      add(row);
    } else {
      if (text.empty() || item_mark(text) > 0) end_block();
      block_.append(line).append("\n");
    }
  }

  std::vector<std::string> finish() {
    end_block();
    return std::move(sentences_);
  }

 private:
  void end_block() {
    if (in_code_)
      add(block_);
    else
      split(folded(block_));
    block_.clear();
  }

  void split(std::string_view paragraph) {
    std::size_t begin = 0;
    for (std::size_t at = item_mark(paragraph); (at = paragraph.find_first_of(".!?", at)) != std::string_view::npos;
         ++at) {
      if (at + 1 >= paragraph.size() || paragraph[at + 1] != ' ') continue;
      add(paragraph.substr(begin, at + 1 - begin));
      begin = at + 2;
    }
    add(paragraph.substr(begin));
  }

  void add(std::string_view text) {
    if (says_something(text)) sentences_.push_back(folded(text));
  }

  bool in_code_ = false;
  std::string block_;
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> sentences(std::string_view text) {
  Reader reader;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    reader.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

}  // namespace rag
