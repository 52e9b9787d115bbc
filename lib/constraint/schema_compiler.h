// SchemaCompiler: schemas to the rules of a program, in either notation.
#ifndef GEMMA4_LIB_CONSTRAINT_SCHEMA_COMPILER_H_
#define GEMMA4_LIB_CONSTRAINT_SCHEMA_COMPILER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/status.h"
#include "lib/constraint/notation.h"
#include "lib/constraint/program_builder.h"
#include "lib/constraint/schema_json.h"

namespace gemma4::constraint {

class SchemaCompiler {
 public:
  SchemaCompiler(Notation::Kind notation, bool additional_properties_by_default,
                 ProgramBuilder* builder)
      : notation_(notation, builder),
        additional_by_default_(additional_properties_by_default),
        builder_(*builder) {}

  // The rule that reads one value valid against `root`, to which its references refer. `root` must
  // outlive this object; `path` names it in messages.
  StatusOr<uint32_t> Compile(const Json& root, const std::string& path);

 private:
  // A schema on its way to code.
  struct Place {
    const Json* schema = nullptr;
    const Json* root = nullptr;
    std::string path;
    size_t depth = 0;  // of schemas inside schemas
  };
  struct Job {
    Place place;
    uint32_t rule = 0;
  };

  // The rule of a schema, whose code is made later.
  uint32_t RuleFor(const Place& place);
  uint32_t RuleFor(const Json& schema, const Place& parent, const std::string& key);
  // The code that reads a value and then ends the rule.
  StatusOr<uint32_t> Value(const Place& place);
  Status CheckKeywords(const Place& place) const;

  StatusOr<uint32_t> Reference(const Place& place);
  StatusOr<uint32_t> Listed(const Place& place);
  StatusOr<uint32_t> Combined(const Place& place);
  StatusOr<uint32_t> OfType(TypeSet types, const Place& place);
  StatusOr<uint32_t> StringValue(const Place& place);
  StatusOr<uint32_t> NumberValue(bool is_whole, const Place& place);
  StatusOr<uint32_t> ArrayValue(const Place& place);
  StatusOr<uint32_t> ObjectValue(const Place& place);
  StatusOr<uint32_t> Constant(const Json& value, bool whole_only, const Place& place);

  uint32_t AnyValue();
  uint32_t AnyString();
  uint32_t AnyNumber(bool is_whole);

  // ---- schema_merge.cc ----
  // `base` without the keyword `without`, if that is not null, and `branch` (its reference
  // resolved), as one schema. kUnsupported where that would need more than putting keywords side by
  // side.
  StatusOr<const Json*> Merge(const Json& base, const char* without, const Json& branch,
                              const Place& place);
  // FindReference(), asked once of each.
  const Json* Referred(const Json& root, const std::string& reference) const;
  StatusOr<const Json*> Resolve(const Json& schema, const Place& place) const;
  Status CheckApart(const Json& branches, const Place& place) const;
  bool AreApart(const Json& a, const Json& b, const Json& root) const;

  const Json* Keep(Json schema) {
    kept_.push_back(std::move(schema));
    return &kept_.back();
  }

  Notation notation_;
  bool additional_by_default_;
  ProgramBuilder& builder_;
  std::vector<Job> jobs_;
  std::unordered_map<const Json*, uint32_t> rules_;
  std::deque<Json> kept_;  // schemas made here
  mutable std::map<std::pair<const Json*, std::string>, const Json*> referred_;
  size_t merged_bytes_ = 0;
  std::optional<uint32_t> any_value_, any_string_, any_number_, any_whole_;
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_SCHEMA_COMPILER_H_
