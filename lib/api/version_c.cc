// include/gemma4/version.h
#include <gemma4/version.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#define GEMMA4_TEXT_OF_INNER(x) #x
#define GEMMA4_TEXT_OF(x) GEMMA4_TEXT_OF_INNER(x)
#define GEMMA4_VERSION_TEXT            \
  GEMMA4_TEXT_OF(GEMMA4_VERSION_MAJOR) \
  "." GEMMA4_TEXT_OF(GEMMA4_VERSION_MINOR) "." GEMMA4_TEXT_OF(GEMMA4_VERSION_PATCH)

#if defined(__clang__)
#define GEMMA4_COMPILER_TEXT "Clang " __clang_version__
#elif defined(__GNUC__)
#define GEMMA4_COMPILER_TEXT "GCC " __VERSION__
#else
#define GEMMA4_COMPILER_TEXT "unknown compiler"
#endif

#if defined(__x86_64__)
#define GEMMA4_ARCHITECTURE_TEXT "x86-64"
#elif defined(__aarch64__)
#define GEMMA4_ARCHITECTURE_TEXT "arm64"
#else
#define GEMMA4_ARCHITECTURE_TEXT "unknown architecture"
#endif

#ifdef NDEBUG
#define GEMMA4_ASSERTIONS_TEXT ""
#else
#define GEMMA4_ASSERTIONS_TEXT ", assertions"
#endif

const char* gemma4_version(void) { return GEMMA4_VERSION_TEXT; }

const char* gemma4_build_info(void) {
  return "libgemma4 " GEMMA4_VERSION_TEXT " (" GEMMA4_ARCHITECTURE_TEXT
         ", " GEMMA4_COMPILER_TEXT GEMMA4_ASSERTIONS_TEXT ")";
}

int32_t gemma4_has_feature(const char* name) {
  constexpr std::string_view kFeatures[] = {
      "safetensors",  "gguf",        "packed",    "weights_exact", "weights_int8",
      "weights_int4", "time_budget", "step_many", "fork",          "save"};
  if (name == nullptr) return 0;
  return std::find(std::begin(kFeatures), std::end(kFeatures), std::string_view(name)) !=
         std::end(kFeatures);
}
