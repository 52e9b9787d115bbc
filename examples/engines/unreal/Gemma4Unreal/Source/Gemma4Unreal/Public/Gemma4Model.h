#pragma once

#include "Async/Future.h"
#include "CoreMinimal.h"
#include "Engine/DataAsset.h"

#include "Gemma4Model.generated.h"

class UGemma4CharacterComponent;
struct gemma4_cancel;
struct gemma4_model;

/** How linear layers compute: gemma4_weights. */
UENUM(BlueprintType)
enum class EGemma4Weights : uint8
{
	Auto = 0,
	Int8 = 1,
	Exact = 2,
	Int4 = 3,
	Int4Rows = 4
};

/**
 * A Gemma 4 model on disk, shared by any number of characters. It loads on a thread of its own, once;
 * all characters who talk share one pass through it in each frame.
 */
UCLASS(BlueprintType)
class GEMMA4UNREAL_API UGemma4Model : public UDataAsset
{
	GENERATED_BODY()

public:
	/** A GGUF file, a packed file, or a folder with safetensors. Relative: below the content folder. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4")
	FString Path;

	/** How linear layers compute. Read when the model is loaded. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4")
	EGemma4Weights Weights = EGemma4Weights::Auto;

	/** Threads that compute, the game thread included. 0: one for each physical core. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4", meta = (ClampMin = "0"))
	int32 NumThreads = 0;

	/** Microseconds of each frame for all characters of this model together. 0: no limit. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4", meta = (ClampMin = "0"))
	int32 FrameBudgetMicroseconds = 4000;

	/** Starts to load, unless that was done. */
	UFUNCTION(BlueprintCallable, Category = "Gemma 4")
	void BeginLoad();

	/** Gives the model back; characters forget their conversations. BeginLoad() loads it anew. */
	UFUNCTION(BlueprintCallable, Category = "Gemma 4")
	void Unload();

	/** Whether the model is loaded. */
	UFUNCTION(BlueprintPure, Category = "Gemma 4")
	bool IsReady();

	/** Why it could not be loaded; empty if that did not happen. */
	UFUNCTION(BlueprintPure, Category = "Gemma 4")
	FString GetError();

	virtual void BeginDestroy() override;

private:
	friend class UGemma4CharacterComponent;

	/** What the loading thread hands over. */
	struct FLoaded
	{
		gemma4_model* Model = nullptr;
		FString Error;
	};

	void TakeLoaded();
	void Attach(UGemma4CharacterComponent* Character);
	void Detach(UGemma4CharacterComponent* Character);
	void Join(UGemma4CharacterComponent* Talker);
	void Leave(UGemma4CharacterComponent* Talker);
	/** Runs this frame's pass, if no other character has. */
	void RunFrame();

	TFuture<FLoaded> Loading;
	gemma4_cancel* CancelFlag = nullptr;
	FLoaded Loaded;
	bool bLoadBegun = false;
	uint64 LastFrame = MAX_uint64;
	/**
	 * Those who have a conversation with it, and of these the ones who take part in frames. Each leaves
	 * before it is destroyed.
	 */
	TArray<UGemma4CharacterComponent*> Attached;
	TArray<UGemma4CharacterComponent*> Talkers;
};
