// Reads of a schema's JSON: places, types, numbers, references.
#ifndef GEMMA4_LIB_CONSTRAINT_SCHEMA_JSON_H_
#define GEMMA4_LIB_CONSTRAINT_SCHEMA_JSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/constraint/number_language.h"
#include "lib/json/json_value.h"

namespace gemma4::constraint {

using Json = JsonValue;

// Types as a set of bits. Whole numbers and others are two.
enum TypeBit : uint8_t {
  kNullType = 1,
  kBooleanType = 2,
  kObjectType = 4,
  kArrayType = 8,
  kStringType = 16,
  kWholeType = 32,
  kFractionType = 64,
};
using TypeSet = uint8_t;
inline constexpr TypeSet kNumberTypes = kWholeType | kFractionType;
inline constexpr TypeSet kAllTypes = 127;

// kInvalidArgument says where `text` is not JSON; `what` names it.
StatusOr<Json> ParseSchemaText(std::string_view text, const char* what);

// Whether a keyword says nothing about what is valid: title, $defs, ...
bool IsAnnotation(std::string_view keyword);
// Whether a keyword says something, and is understood.
bool IsConstraint(std::string_view keyword);

// "at #/properties/a" with `path` cut to a line.
std::string At(const std::string& path);
std::string JoinPath(const std::string& path, std::string_view key);

TypeSet TypeOf(const Json& value);
// As JSON schema has it: 1 is 1.0, and members have no order.
bool IsSameValue(const Json& a, const Json& b);
// Of the keyword `type`, with `nullable`; all types where there is none.
StatusOr<TypeSet> TypesOf(const Json& schema, const std::string& path);

// The number at `key`; none where there is none.
StatusOr<std::optional<Decimal>> DecimalAt(const Json& schema, const char* key,
                                           const std::string& path);
StatusOr<uint32_t> CountAt(const Json& schema, const char* key, uint32_t default_value,
                           const std::string& path);
// A list of strings.
Status CheckStrings(const Json& list, const std::string& path);

// What "#/..." refers to in `root`, or null.
const Json* FindReference(const Json& root, const std::string& reference);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_SCHEMA_JSON_H_
