#include "lib/text/chat/value_text.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "lib/text/chat/control_tokens.h"
#include "lib/text/chat/python_text.h"

namespace gemma4 {

std::vector<size_t> SortedMembers(const JsonValue& object) {
  std::vector<std::string> lower;
  lower.reserve(object.keys.size());
  for (const std::string& key : object.keys) lower.push_back(PythonLower(key));
  std::vector<size_t> order(object.keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Bytes of UTF-8 compare as code points do.
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lower[a] < lower[b]; });
  return order;
}

void AddValue(const JsonValue& value, KeyStyle keys, ChatPrompt* prompt) {
  switch (value.kind) {
    case JsonValue::Kind::kNull: prompt->AddTemplate("null"); break;
    case JsonValue::Kind::kBool: prompt->AddTemplate(value.boolean ? "true" : "false"); break;
    case JsonValue::Kind::kInteger:
    case JsonValue::Kind::kReal: prompt->AddContent(PythonText(value)); break;
    case JsonValue::Kind::kString: prompt->AddQuoted(value.text); break;
    case JsonValue::Kind::kList:
      prompt->AddTemplate("[");
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) prompt->AddTemplate(",");
        AddValue(value.items[i], keys, prompt);
      }
      prompt->AddTemplate("]");
      break;
    case JsonValue::Kind::kObject:
      prompt->AddTemplate("{");
      AddMembers(value, keys, prompt);
      prompt->AddTemplate("}");
      break;
  }
}

void AddMembers(const JsonValue& object, KeyStyle keys, ChatPrompt* prompt) {
  bool is_first = true;
  for (const size_t i : SortedMembers(object)) {
    if (!is_first) prompt->AddTemplate(",");
    is_first = false;
    if (keys == KeyStyle::kQuoted) {
      prompt->AddQuoted(object.keys[i]);
    } else {
      prompt->AddContent(object.keys[i]);
    }
    prompt->AddTemplate(":");
    AddValue(object.items[i], keys, prompt);
  }
}

void AddToolResponse(std::string_view name, const JsonValue& response, ChatPrompt* prompt) {
  prompt->AddTemplate("response:");
  prompt->AddContent(name);
  prompt->AddTemplate("{");
  if (response.is_object()) {
    AddMembers(response, KeyStyle::kBare, prompt);
  } else {
    prompt->AddTemplate("value:");
    AddValue(response, KeyStyle::kBare, prompt);
  }
  prompt->AddTemplate("}");
  prompt->AddControl(kEndToolResponse);
}

}  // namespace gemma4
