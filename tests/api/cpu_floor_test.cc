#include "lib/api/cpu_floor.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>

namespace gemma4 {
namespace {

TEST(CpuFloorTest, NamesWhatIsMissing) {
  const CpuExtension all[] = {{"AVX2", true}, {"FMA", true}, {"F16C", true}};
  EXPECT_TRUE(RequireExtensions(all, std::size(all)).ok());
  const CpuExtension some[] = {{"AVX2", false}, {"FMA", true}, {"F16C", false}};
  const Status status = RequireExtensions(some, std::size(some));
  EXPECT_EQ(status.code(), StatusCode::kUnsupportedCpu);
  EXPECT_NE(status.message().find("lacks AVX2, F16C;"), std::string::npos) << status.message();
}

TEST(CpuFloorTest, TheCpuThatRunsTheTestsIsAboveIt) { EXPECT_TRUE(CheckCpu().ok()); }

}  // namespace
}  // namespace gemma4
