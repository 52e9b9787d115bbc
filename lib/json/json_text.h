// A JsonValue as JSON text.
#ifndef GEMMA4_LIB_JSON_JSON_TEXT_H_
#define GEMMA4_LIB_JSON_JSON_TEXT_H_

#include <string>
#include <string_view>

#include "lib/json/json_value.h"

namespace gemma4 {

// With its quotes. REQUIRES: UTF-8.
void AppendJsonString(std::string_view text, std::string* json);

// Without spaces; numbers as they were read.
std::string JsonText(const JsonValue& value);

}  // namespace gemma4

#endif  // GEMMA4_LIB_JSON_JSON_TEXT_H_
