#include "spec/yaml_document.h"

#include <set>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <manta/detail/json_path.h>
#include <manta/detail/json_writer.h>

#include "spec/yaml_scalar.h"

namespace manta::spec {
namespace {

// Takes events and does nothing: for looking at a text without building it.
struct NoEvents : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// What stands in the way of reading `text` as one document. YAML::LoadAll is no way to find out: yaml-cpp 0.7 yields
// empty documents for ever where a token begins none (","), and YAML::Load ignores what follows the first document.
std::string not_one_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  NoEvents events;
  if (!parser.HandleNextDocument(events)) return "the file is empty";
  return parser.HandleNextDocument(events) ? "something follows the first YAML document" : "";
}

// Writes one document as JSON, noting where each value stands.
class Converter {
 public:
  Converter(const EnvironmentLookup& lookup, std::vector<Finding>& findings, const YamlLimits& limits, Place first)
      : lookup_(lookup), findings_(findings), limits_(limits), first_(first) {}

  YamlDocument convert(const YAML::Node& root) {
    value(root, "$", 0);
    document_.json = writer_.take();
    return std::move(document_);
  }

  Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    return {first_.line + mark.line, mark.column + first_.column};
  }

 private:
  using Entries = std::vector<std::pair<std::string, YAML::Node>>;

  void complain(const YAML::Node& node, const std::string& path, std::string message) {
    findings_.push_back({path, std::move(message), place(node.Mark())});
    writer_.null();
  }

  void value(const YAML::Node& node, const std::string& path, std::size_t depth) {
    if (!afford(node, path)) {
      writer_.null();
      return;
    }
    document_.values.emplace(path, place(node.Mark()));
    if (depth > limits_.max_depth)
      return complain(node, path, "nested deeper than " + std::to_string(limits_.max_depth));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node, path);
      case YAML::NodeType::Sequence:
        return sequence(node, path, depth);
      case YAML::NodeType::Map:
        return map(node, path, depth);
      default:
        writer_.null();
    }
  }

  // False beyond the limits: aliases let a short file stand for a very large one. Nothing more is looked at then.
  bool afford(const YAML::Node& node, const std::string& path) {
    expanded_ += path.size() + (node.IsScalar() ? node.Scalar().size() : 0);
    const bool many = ++values_ > limits_.max_values;
    if (!many && expanded_ <= limits_.max_expanded) return true;
    const std::string what = many ? std::to_string(limits_.max_values) + " values"
                                  : std::to_string(limits_.max_expanded) + " bytes of texts and of paths to them";
    if (!std::exchange(too_many_, true))  // what was found on the way is found again and again
      findings_.assign({{path, "more than " + what + ", aliases counted each time", place(node.Mark())}});
    return false;
  }

  void scalar(const YAML::Node& node, const std::string& path) {
    std::string text = node.Scalar();
    if (lookup_) {
      Result<std::string> resolved = interpolate(text, lookup_);
      if (!resolved) return complain(node, path, resolved.error().message);
      if (*resolved != text && text.find("${") != std::string::npos) document_.interpolated.emplace(path, text);
      text = *std::move(resolved);
    }
    std::string fault;
    if (node.Tag() == "!")
      fault = writer_.string(text) ? "" : "the text is not UTF-8";
    else if (node.Tag() == "?" || node.Tag().empty())
      fault = write_plain_scalar(writer_, text);
    else
      fault = write_tagged_scalar(writer_, node.Tag(), text);
    if (!fault.empty()) complain(node, path, std::move(fault));
  }

  void sequence(const YAML::Node& node, const std::string& path, std::size_t depth) {
    writer_.begin_array(node.size());
    std::size_t index = 0;
    for (const YAML::Node& element : node) {
      if (too_many_) break;
      value(element, detail::element_path(path, index++), depth + 1);
    }
    writer_.end_array();
  }

  void map(const YAML::Node& node, const std::string& path, std::size_t depth) {
    Entries merged;
    std::set<std::string> given;
    writer_.begin_object(node.size());
    for (const auto& entry : node) {
      if (too_many_) break;
      if (!entry.first.IsScalar()) {
        findings_.push_back({path, "keys must be plain text", place(entry.first.Mark())});
        continue;
      }
      const std::string& key = entry.first.Scalar();
      if (key == "<<" && entry.first.Tag() == "?")
        gather(entry.second, merged, path, 0);
      else if (!given.insert(key).second)
        findings_.push_back({path, "key '" + key + "' is given twice", place(entry.first.Mark())});
      else
        member(key, entry.first, entry.second, path, depth);
    }
    for (const auto& [key, merged_value] : merged)
      if (!too_many_ && given.insert(key).second) member(key, merged_value, merged_value, path, depth);
    writer_.end_object();
  }

  void member(const std::string& key, const YAML::Node& key_node, const YAML::Node& node, const std::string& path,
              std::size_t depth) {
    const std::string below = detail::field_path(path, key);
    document_.keys.emplace(below, place(key_node.Mark()));
    if (!writer_.key(key)) {
      findings_.push_back({path, "a key is not UTF-8", place(key_node.Mark())});
      writer_.field("");
    }
    value(node, below, depth + 1);
  }

  // The entries that `<<: *map` or `<<: [*a, *b]` brings in; earlier maps win.
  void gather(const YAML::Node& node, Entries& merged, const std::string& path, std::size_t depth) {
    if (++values_ > limits_.max_values) return;
    if (node.IsSequence() && depth == 0) {
      for (const YAML::Node& element : node) gather(element, merged, path, 1);
    } else if (node.IsMap() && depth <= limits_.max_depth) {
      for (const auto& entry : node) {
        ++values_;
        if (!entry.first.IsScalar()) continue;
        if (entry.first.Scalar() == "<<")
          gather(entry.second, merged, path, depth + 1);
        else
          merged.emplace_back(entry.first.Scalar(), entry.second);
      }
    } else {
      findings_.push_back({path, "'<<' takes a mapping", place(node.Mark())});
    }
  }

  const EnvironmentLookup& lookup_;
  std::vector<Finding>& findings_;
  const YamlLimits& limits_;
  Place first_;
  detail::JsonWriter writer_;
  YamlDocument document_;
  std::size_t values_ = 0;
  std::size_t expanded_ = 0;
  bool too_many_ = false;
};

}  // namespace

Place YamlDocument::place_of(std::string path) const {
  while (true) {
    if (const auto found = values.find(path); found != values.end() && found->second.line > 0) return found->second;
    const std::size_t end = path.find_last_of(".[");
    if (end == std::string::npos) return {};
    path.resize(end);
  }
}

YamlDocument read_yaml(std::string_view text, const EnvironmentLookup& lookup, std::vector<Finding>& findings,
                       const YamlLimits& limits, Place first) {
  if (text.size() > limits.max_bytes) {
    findings.push_back({"", "larger than " + std::to_string(limits.max_bytes) + " bytes", {}});
    return {};
  }
  Converter converter(lookup, findings, limits, first);
  try {
    const std::string owned(text);
    std::string fault = not_one_document(owned);
    if (fault.empty()) return converter.convert(YAML::Load(owned));
    findings.push_back({"", std::move(fault), {}});
  } catch (const YAML::Exception& exception) {
    findings.push_back({"", "not valid YAML: " + exception.msg, converter.place(exception.mark)});
  }
  return {};
}

}  // namespace manta::spec
