#pragma once

#include "CoreMinimal.h"

class UDataAsset : public UObject {
 protected:
  using ShimSuper = UDataAsset;
};
