#pragma once

#include "CoreMinimal.h"

struct FPaths {
  static inline FString content_dir;
  static FString ProjectContentDir() { return content_dir; }
  static FString ConvertRelativePathToFull(const FString& base, const FString& path) {
    if ((*path)[0] == u'/') return path;
    FString full = base;
    full += FString(u"/");
    full += path;
    return full;
  }
};
