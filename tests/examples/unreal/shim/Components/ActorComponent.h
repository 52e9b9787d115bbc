#pragma once

#include "CoreMinimal.h"

enum ELevelTick { LEVELTICK_All };
namespace EEndPlayReason {
enum Type { Destroyed };
}

struct FActorComponentTickFunction {
  bool bCanEverTick = false;
};

class UActorComponent : public UObject {
 public:
  FActorComponentTickFunction PrimaryComponentTick;
  virtual void TickComponent(float, ELevelTick, FActorComponentTickFunction*) {}
  virtual void EndPlay(const EEndPlayReason::Type) {}

 protected:
  using ShimSuper = UActorComponent;
};
