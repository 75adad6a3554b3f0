#include "chunks.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <manta/error.h>

#include "sentences.h"

namespace rag {
namespace {

namespace fs = std::filesystem;

// Level of a Markdown heading, 0 for other lines.
std::size_t heading_level(std::string_view line) {
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  return level > 0 && level <= 6 && line.size() > level && line[level] == ' ' ? level : 0;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Where to cut a text that is too long: behind the last line end, else sentence end, else space before `limit`, else
// between two characters.
std::size_t cut_point(std::string_view text, std::size_t limit) {
  for (const std::string_view mark : {"\n", ". ", " "}) {
    const std::size_t at = text.substr(0, limit).rfind(mark);
    if (at != std::string_view::npos && at > limit / 4) return at + mark.size();
  }
  while (limit > 1 && continues_character(text[limit])) --limit;
  return limit;
}

// Bytes of the UTF-8 character that `text` begins with; 0 when it begins with none. Overlong forms pass: the model's
// tokenizer, which is stricter, reports those.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if (!continues_character(text[i])) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

class Cutter {
 public:
  Cutter(std::string document, std::size_t max_characters) : document_(std::move(document)), max_(max_characters) {}

  void line(std::string_view line) {
    if (line.starts_with("```")) in_code_ = !in_code_;
    const std::size_t level = in_code_ ? 0 : heading_level(line);
    if (level > 0) {
      flush();
      headings_.resize(std::min(headings_.size(), level - 1));
      headings_.emplace_back(line.substr(level + 1));
      return;
    }
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      end_paragraph();
      return;
    }
    paragraph_.append(line).append("\n");
  }

  std::vector<Chunk> finish() {
    flush();
    return std::move(chunks_);
  }

 private:
  void end_paragraph() {
    if (paragraph_.empty()) return;
    if (!body_.empty() && body_.size() + 1 + paragraph_.size() > max_) emit();
    if (!body_.empty()) body_ += "\n";
    body_ += paragraph_;
    paragraph_.clear();
    while (body_.size() > max_) {
      const std::size_t at = cut_point(body_, max_);
      std::string rest = body_.substr(at);
      body_.resize(at);
      emit();
      body_ = std::move(rest);
    }
  }

  void flush() {
    end_paragraph();
    emit();
  }

  void emit() {
    std::string path;
    for (const std::string& heading : headings_) path += (path.empty() ? "" : " > ") + heading;
    Chunk chunk{document_, path.empty() ? body_ : path + "\n" + body_, sentences(body_)};
    if (!path.empty())
      for (std::string& sentence : chunk.sentences) sentence.insert(0, path + ": ");
    if (!chunk.sentences.empty()) chunks_.push_back(std::move(chunk));
    body_.clear();
  }

  std::string document_;
  std::size_t max_;
  bool in_code_ = false;
  std::vector<std::string> headings_;
  std::string paragraph_, body_;
  std::vector<Chunk> chunks_;
};

bool is_document(const fs::path& path) { return path.extension() == ".md" || path.extension() == ".txt"; }

std::vector<fs::path> documents_in(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->is_regular_file() && is_document(it->path())) paths.push_back(it->path());
  if (error)
    throw manta::Exception(
        {.code = manta::ErrorCode::NotFound,
         .message = "cannot read the documents folder " + folder + ": " + error.message() + "; set RAG_DOCS",
         .detail = folder});
  if (paths.empty())
    throw manta::Exception({.code = manta::ErrorCode::InvalidArgument,
                            .message = "the documents folder " + folder + " holds no .md or .txt file; set RAG_DOCS",
                            .detail = folder});
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

std::vector<Chunk> cut(const std::string& document, std::string_view text, std::size_t max_characters) {
  Cutter cutter(document, max_characters);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    cutter.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return cutter.finish();
}

std::vector<Chunk> read_folder(const std::string& folder, std::size_t max_characters) {
  std::vector<Chunk> chunks;
  for (const fs::path& path : documents_in(folder)) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!is_utf8(text)) {
      std::cerr << "rag: left out " << path.string() << ": it is not UTF-8 text\n";
      continue;
    }
    std::ranges::move(cut(fs::relative(path, folder).string(), text, max_characters), std::back_inserter(chunks));
  }
  return chunks;
}

}  // namespace rag
