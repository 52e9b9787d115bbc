#pragma once

#include "Components/ActorComponent.h"
#include "CoreMinimal.h"

#include "Gemma4CharacterComponent.generated.h"

class UGemma4Model;
struct gemma4_event;
struct gemma4_session;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FGemma4Text, const FString&, Text);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FGemma4Answer, const FString&, Text, const FString&, Reason);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_ThreeParams(
	FGemma4ToolCall, int32, CallId, const FString&, Name, const FString&, ArgumentsJson);

/**
 * Somebody to talk to: one conversation with a UGemma4Model. Nothing waits: the answer comes as events,
 * on the game thread, in TickComponent. Whoever hears one may call any function, or destroy the
 * component. One that does not tick pauses.
 */
UCLASS(ClassGroup = (AI), meta = (BlueprintSpawnableComponent))
class GEMMA4UNREAL_API UGemma4CharacterComponent : public UActorComponent
{
	GENERATED_BODY()

public:
	UGemma4CharacterComponent();

	/** Who answers. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4")
	TObjectPtr<UGemma4Model> Model;

	// ---- Read when a conversation begins ----

	/** Who the character is. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4", meta = (MultiLine = true))
	FString SystemPrompt;

	/** A JSON list of tools, as OpenAI's API has them. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4", meta = (MultiLine = true))
	FString ToolsJson;

	/** Whether the character thinks before it answers. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4")
	bool bEnableThinking = false;

	/** 0: always the likeliest word. Negative: what the model's files say. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4")
	float Temperature = -1.0f;

	/** Of the random draws: the same seed and words give the same answers. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4")
	int64 Seed = 0;

	/** Tokens of one answer. 0: as many as fit. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4", meta = (ClampMin = "0"))
	int32 MaxNewTokens = 256;

	/** Tokens that the conversation can hold; memory grows with it. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Gemma 4", meta = (ClampMin = "0"))
	int32 MaxContextTokens = 2048;

	// ---- Events ----

	/** The next piece of the answer. */
	UPROPERTY(BlueprintAssignable, Category = "Gemma 4")
	FGemma4Text OnToken;

	/** The next piece of a thought, which is no part of the answer. */
	UPROPERTY(BlueprintAssignable, Category = "Gemma 4")
	FGemma4Text OnThought;

	/** The character wants something done. Answer with AddToolResult, now or later. */
	UPROPERTY(BlueprintAssignable, Category = "Gemma 4")
	FGemma4ToolCall OnToolCall;

	/** The answer is over: "stop", "max_new_tokens", "context_full", "cancelled" or "failed". */
	UPROPERTY(BlueprintAssignable, Category = "Gemma 4")
	FGemma4Answer OnFinished;

	/** Something could not be done. */
	UPROPERTY(BlueprintAssignable, Category = "Gemma 4")
	FGemma4Text OnFailed;

	// ---- What it does ----

	/** Says something to the character, who answers in the next frames. Loads the model. */
	UFUNCTION(BlueprintCallable, Category = "Gemma 4")
	void Say(const FString& Text);

	/**
	 * What a tool gave back, as JSON or as text. When every call of a turn has its result, the answer
	 * goes on.
	 */
	UFUNCTION(BlueprintCallable, Category = "Gemma 4")
	void AddToolResult(int32 CallId, const FString& Result);

	/** Ends the answer that is being made, and forgets what waits to be answered. */
	UFUNCTION(BlueprintCallable, Category = "Gemma 4")
	void Cancel();

	/** Forgets the conversation, without an event. */
	UFUNCTION(BlueprintCallable, Category = "Gemma 4")
	void ResetConversation();

	/** Whether an answer is being made, or something waits to be answered. */
	UFUNCTION(BlueprintPure, Category = "Gemma 4")
	bool IsTalking() const
	{
		return bHasAnswer || Questions.Num() > 0;
	}

	virtual void TickComponent(
		float DeltaTime, ELevelTick TickType, FActorComponentTickFunction* ThisTickFunction) override;
	virtual void EndPlay(const EEndPlayReason::Type EndPlayReason) override;
	virtual void BeginDestroy() override;

private:
	friend class UGemma4Model;

	struct FToolResult
	{
		int32 CallId;
		FString Text;
	};

	/** What this frame brought. Its texts are gone afterwards. */
	void Take(const gemma4_event& Event);
	bool CreateSession();
	void BeginAnswer();
	void GiveToolResults();
	void Join();
	void Pause();
	void FreeSession();
	void EndAnswer(const TCHAR* Reason);
	void Fail(const FString& Message);

	gemma4_session* Session = nullptr;
	/** Whose session this is. It lets go of this component before it is destroyed. */
	UGemma4Model* Attached = nullptr;
	bool bJoined = false;  // takes part in frames
	TArray<FString> Questions;
	bool bHasAnswer = false;  // one has begun, and is not over
	FString Answer;
	int32 NumToolCalls = 0;	 // of this turn
	TArray<FToolResult> ToolResults;
	/** Events that wait to be sent. */
	TArray<TFunction<void()>> Notices;
};
