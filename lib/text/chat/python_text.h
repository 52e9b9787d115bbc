// How Python turns values and letters into text: what the chat templates print was made by it.
#ifndef GEMMA4_LIB_TEXT_CHAT_PYTHON_TEXT_H_
#define GEMMA4_LIB_TEXT_CHAT_PYTHON_TEXT_H_

#include <string>
#include <string_view>

#include "lib/json/json_value.h"

namespace gemma4 {

// str(value): a string as it is, None, True, 15.0, 1e-07, ['a', None], {'k': 1}.
std::string PythonText(const JsonValue& value);

// bool(value): null, false, 0, "", [] and {} are not true. So is a value that is absent.
bool IsTruthy(const JsonValue* value);

// a == b, as Python compares: 1, 1.0 and true are equal, 1 and "1" are not. Absent equals null.
bool PythonEquals(const JsonValue* a, const JsonValue* b);

// str.lower() and str.upper(): all of Unicode, with letters that become several and the final
// sigma. REQUIRES: UTF-8.
std::string PythonLower(std::string_view text);
std::string PythonUpper(std::string_view text);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_PYTHON_TEXT_H_
