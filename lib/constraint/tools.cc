#include "lib/constraint/tools.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/constraint/schema_compiler.h"

namespace gemma4::constraint {
namespace {

constexpr size_t kMaxTools = 1000;
constexpr size_t kMaxCalls = 1000;

// NAME of the notation: letters, digits, '_', '-', '.', ':'.
bool IsName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
  });
}

}  // namespace

StatusOr<Program> CompileTools(std::string_view tools, size_t max_calls,
                               bool additional_properties_by_default) {
  Json no_arguments = Json::Object();
  no_arguments.Add("type", Json::String("object"));
  no_arguments.Add("properties", Json::Object());
  no_arguments.Add("additionalProperties", Json::Bool(false));
  if (max_calls == 0 || max_calls > kMaxCalls) {
    return Status::InvalidArgument("max_calls is %zu; 1 to %zu is expected", max_calls, kMaxCalls);
  }
  GEMMA4_ASSIGN_OR_RETURN(const Json list, ParseSchemaText(tools, "the list of tools"));
  if (!list.is_list() || list.items.empty() || list.items.size() > kMaxTools) {
    return Status::InvalidArgument("the tools are not a list of 1 to %zu declarations", kMaxTools);
  }
  ProgramBuilder builder;
  SchemaCompiler compiler(Notation::Kind::kToolCall, additional_properties_by_default, &builder);
  const uint32_t close = builder.Control(ControlToken::kToolCallEnd, ProgramBuilder::kReturn);
  std::vector<uint32_t> ways;
  std::set<std::string> names;
  for (size_t i = 0; i < list.items.size(); ++i) {
    const std::string path = "tools/" + std::to_string(i);
    const Json* tool = &list.items[i];
    if (const Json* function = tool->Find("function"); function != nullptr) tool = function;
    const Json* const name = tool->Find("name");
    if (name == nullptr || !name->is_string() || !IsName(name->text)) {
      return Status::InvalidArgument("%s has no name of letters, digits, '_', '-', '.' and ':'",
                                     path.c_str());
    }
    if (!names.insert(name->text).second) {
      return Status::InvalidArgument("%s has the name \"%s\" of another tool", path.c_str(),
                                     CutToOneLine(name->text).c_str());
    }
    const Json* const given = tool->Find("parameters");
    const bool is_empty = given == nullptr || given->is_null() ||
                          ((given->is_object() || given->is_list()) && given->items.empty());
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t rule, compiler.Compile(is_empty ? no_arguments : *given,
                                                                  path + "/parameters"));
    ways.push_back(builder.Literal("call:" + name->text, builder.Call(rule, close)));
  }
  const uint32_t call = builder.AddRule("a call");
  builder.SetRuleCode(call, builder.Control(ControlToken::kToolCallBegin, builder.Split(ways)));
  const uint32_t calls = builder.AddRule("the calls", 1, static_cast<uint32_t>(max_calls));
  const uint32_t loop = builder.Placeholder();
  builder.SetTargets(loop, {builder.Enough({1, {call}}, ProgramBuilder::kReturn),
                            builder.CountItem(builder.Call(call, loop))});
  builder.SetRuleCode(calls, loop);
  return std::move(builder).Finish(calls);
}

}  // namespace gemma4::constraint
