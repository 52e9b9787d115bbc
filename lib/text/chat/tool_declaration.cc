#include "lib/text/chat/tool_declaration.h"

#include <string>

#include "lib/base/utf8.h"
#include "lib/text/chat/control_tokens.h"
#include "lib/text/chat/python_text.h"
#include "lib/text/chat/request_path.h"
#include "lib/text/chat/value_text.h"

namespace gemma4 {
namespace {

// What a field prints as: nothing if it is absent.
std::string FieldText(const JsonValue* value) {
  return value == nullptr ? std::string() : PythonText(*value);
}

std::string UpperText(const JsonValue* value) { return PythonUpper(FieldText(value)); }

Status NotIterable(const RequestPath& path, const JsonValue& value) {
  return Status::InvalidArgument("%s is %s; a list is expected", path.Text().c_str(),
                                 DescribeJsonKind(&value));
}

// Calls add(item) for each of what Python iterates over: the items of a list, the keys of an
// object, the characters of a string.
template <typename Add>
Status ForEachItem(const JsonValue& value, const RequestPath& path, const Add& add) {
  if (value.is_list()) {
    for (const JsonValue& item : value.items) add(item);
  } else if (value.is_object()) {
    for (const std::string& key : value.keys) add(JsonValue::String(key));
  } else if (value.is_string()) {
    for (std::string_view rest = value.text; !rest.empty();) {
      const size_t size = ClassifyUtf8(rest).size;
      add(JsonValue::String(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
  } else {
    return NotIterable(path, value);
  }
  return Status::Ok();
}

// [<|"|>a<|"|>,<|"|>b<|"|>]
Status AddNames(const JsonValue& names, const RequestPath& path, ChatPrompt* prompt) {
  prompt->AddTemplate("[");
  bool is_first = true;
  GEMMA4_RETURN_IF_ERROR(ForEachItem(names, path, [&](const JsonValue& name) {
    if (!is_first) prompt->AddTemplate(",");
    is_first = false;
    prompt->AddQuoted(PythonText(name));
  }));
  prompt->AddTemplate("]");
  return Status::Ok();
}

Status AddProperties(const JsonValue& properties, const RequestPath& path, bool skip_schema_keys,
                     ChatPrompt* prompt);

// The type of an array's items: a string, or a list of strings.
Status AddItemType(const JsonValue& type, const RequestPath& path, ChatPrompt* prompt) {
  if (type.is_string()) {
    prompt->AddQuoted(PythonUpper(type.text));
    return Status::Ok();
  }
  prompt->AddTemplate("[");
  bool is_first = true;
  if (IsTruthy(&type)) {
    GEMMA4_RETURN_IF_ERROR(ForEachItem(type, path, [&](const JsonValue& item) {
      if (!is_first) prompt->AddTemplate(",");
      is_first = false;
      prompt->AddQuoted(UpperText(&item));
    }));
  }
  prompt->AddTemplate("]");
  return Status::Ok();
}

// {properties:{…},required:[…],type:…} with any other key as a value.
Status AddItems(const JsonValue& items, const RequestPath& path, ChatPrompt* prompt) {
  prompt->AddTemplate("{");
  bool is_first = true;
  for (const size_t i : SortedMembers(items)) {
    const std::string& key = items.keys[i];
    const JsonValue& value = items.items[i];
    if (value.is_null()) continue;
    if (!is_first) prompt->AddTemplate(",");
    is_first = false;
    const RequestPath at = path.Member(key);
    prompt->AddContent(key);
    prompt->AddTemplate(":");
    if (key == "properties") {
      prompt->AddTemplate("{");
      if (value.is_object()) {
        GEMMA4_RETURN_IF_ERROR(AddProperties(value, at, /*skip_schema_keys=*/false, prompt));
      }
      prompt->AddTemplate("}");
    } else if (key == "required") {
      GEMMA4_RETURN_IF_ERROR(AddNames(value, at, prompt));
    } else if (key == "type") {
      GEMMA4_RETURN_IF_ERROR(AddItemType(value, at, prompt));
    } else {
      AddValue(value, KeyStyle::kQuoted, prompt);
    }
  }
  prompt->AddTemplate("}");
  return Status::Ok();
}

// {description:…,enum:…,items:…,nullable:true,properties:…,required:…,type:…}, each where it is
// given. What is no object has an empty type and nothing else.
Status AddSchema(const JsonValue& schema, const RequestPath& path, ChatPrompt* prompt) {
  const std::string type = UpperText(schema.Find("type"));
  bool is_first = true;
  const auto begin_field = [&](std::string_view name) {
    if (!is_first) prompt->AddTemplate(",");
    is_first = false;
    prompt->AddTemplate(name);
    prompt->AddTemplate(":");
  };
  prompt->AddTemplate("{");
  if (const JsonValue* description = schema.Find("description"); IsTruthy(description)) {
    begin_field("description");
    prompt->AddQuoted(PythonText(*description));
  }
  if (const JsonValue* values = schema.Find("enum"); type == "STRING" && IsTruthy(values)) {
    begin_field("enum");
    AddValue(*values, KeyStyle::kQuoted, prompt);
  }
  if (const JsonValue* items = schema.Find("items");
      type == "ARRAY" && IsTruthy(items) && items->is_object()) {
    begin_field("items");
    GEMMA4_RETURN_IF_ERROR(AddItems(*items, path.Member("items"), prompt));
  }
  if (IsTruthy(schema.Find("nullable"))) {
    begin_field("nullable");
    prompt->AddTemplate("true");
  }
  if (type == "OBJECT") {
    begin_field("properties");
    prompt->AddTemplate("{");
    const JsonValue* properties = schema.Find("properties");
    if (properties != nullptr && properties->is_object()) {
      GEMMA4_RETURN_IF_ERROR(AddProperties(*properties, path.Member("properties"),
                                           /*skip_schema_keys=*/false, prompt));
    } else {
      GEMMA4_RETURN_IF_ERROR(AddProperties(schema, path, /*skip_schema_keys=*/true, prompt));
    }
    prompt->AddTemplate("}");
    if (const JsonValue* required = schema.Find("required"); IsTruthy(required)) {
      begin_field("required");
      GEMMA4_RETURN_IF_ERROR(AddNames(*required, path.Member("required"), prompt));
    }
  }
  begin_field("type");
  prompt->AddQuoted(type);
  prompt->AddTemplate("}");
  return Status::Ok();
}

bool IsSchemaKey(std::string_view key) {
  return key == "description" || key == "type" || key == "properties" || key == "required" ||
         key == "nullable";
}

// name:{…},name:{…}
Status AddProperties(const JsonValue& properties, const RequestPath& path, bool skip_schema_keys,
                     ChatPrompt* prompt) {
  bool is_first = true;
  for (const size_t i : SortedMembers(properties)) {
    const std::string& key = properties.keys[i];
    if (skip_schema_keys && IsSchemaKey(key)) continue;
    if (!is_first) prompt->AddTemplate(",");
    is_first = false;
    prompt->AddContent(key);
    prompt->AddTemplate(":");
    GEMMA4_RETURN_IF_ERROR(AddSchema(properties.items[i], path.Member(key), prompt));
  }
  return Status::Ok();
}

// ,parameters:{properties:{…},required:[…],type:…}
Status AddParameters(const JsonValue& parameters, const RequestPath& path, ChatPrompt* prompt) {
  prompt->AddTemplate(",parameters:{");
  if (const JsonValue* properties = parameters.Find("properties"); IsTruthy(properties)) {
    const RequestPath at = path.Member("properties");
    if (!properties->is_object()) {
      return Status::InvalidArgument("%s is %s; an object is expected", at.Text().c_str(),
                                     DescribeJsonKind(properties));
    }
    prompt->AddTemplate("properties:{");
    GEMMA4_RETURN_IF_ERROR(AddProperties(*properties, at, /*skip_schema_keys=*/false, prompt));
    prompt->AddTemplate("},");
  }
  if (const JsonValue* required = parameters.Find("required"); IsTruthy(required)) {
    prompt->AddTemplate("required:");
    GEMMA4_RETURN_IF_ERROR(AddNames(*required, path.Member("required"), prompt));
    prompt->AddTemplate(",");
  }
  if (const JsonValue* type = parameters.Find("type"); IsTruthy(type)) {
    prompt->AddTemplate("type:");
    prompt->AddQuoted(UpperText(type));
    prompt->AddTemplate("}");
  }
  return Status::Ok();
}

// ,response:{description:…,type:…}
void AddResponse(const JsonValue& response, ChatPrompt* prompt) {
  prompt->AddTemplate(",response:{");
  if (const JsonValue* description = response.Find("description"); IsTruthy(description)) {
    prompt->AddTemplate("description:");
    prompt->AddQuoted(PythonText(*description));
    prompt->AddTemplate(",");
  }
  if (UpperText(response.Find("type")) == "OBJECT") {
    prompt->AddTemplate("type:");
    prompt->AddQuoted("OBJECT");
    prompt->AddTemplate("}");
  }
}

}  // namespace

Status AddToolDeclaration(const JsonValue& tool, size_t index, ChatPrompt* prompt) {
  const RequestPath path = RequestPath("tools").Element(index).Member("function");
  const JsonValue* function = tool.Find("function");
  if (function == nullptr || !function->is_object()) {
    return Status::InvalidArgument("%s is %s; an object is expected", path.Text().c_str(),
                                   DescribeJsonKind(function));
  }
  prompt->AddControl(kBeginTool);
  prompt->AddTemplate("declaration:");
  prompt->AddContent(FieldText(function->Find("name")));
  prompt->AddTemplate("{description:");
  prompt->AddQuoted(FieldText(function->Find("description")));
  if (const JsonValue* parameters = function->Find("parameters"); IsTruthy(parameters)) {
    GEMMA4_RETURN_IF_ERROR(AddParameters(*parameters, path.Member("parameters"), prompt));
  }
  if (const JsonValue* response = function->Find("response"); response != nullptr) {
    AddResponse(*response, prompt);
  }
  prompt->AddTemplate("}");
  prompt->AddControl(kEndTool);
  return Status::Ok();
}

Status AddToolDeclarations(const JsonValue& tools, ChatPrompt* prompt) {
  if (!IsTruthy(&tools)) return Status::Ok();
  if (!tools.is_list()) {
    return Status::InvalidArgument("tools is %s; a list is expected", DescribeJsonKind(&tools));
  }
  for (size_t i = 0; i < tools.items.size(); ++i) {
    GEMMA4_RETURN_IF_ERROR(AddToolDeclaration(tools.items[i], i, prompt));
  }
  return Status::Ok();
}

}  // namespace gemma4
