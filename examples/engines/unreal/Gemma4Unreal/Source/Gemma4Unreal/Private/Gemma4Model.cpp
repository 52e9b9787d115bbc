#include "Gemma4Model.h"

#include "Async/Async.h"
#include "Gemma4CharacterComponent.h"
#include "Misc/Paths.h"

#include <gemma4/gemma4.h>

void UGemma4Model::BeginLoad()
{
	if (bLoadBegun)
	{
		return;
	}
	bLoadBegun = true;
	if (gemma4_cancel_create(&CancelFlag) != GEMMA4_OK)
	{
		Loaded.Error = UTF8_TO_TCHAR(gemma4_last_error_message());
		return;
	}
	gemma4_load_params Params = GEMMA4_LOAD_PARAMS_INIT;
	Params.weights = static_cast<gemma4_weights>(Weights);
	Params.num_threads = static_cast<size_t>(FMath::Max(0, NumThreads));
	Params.cancel = CancelFlag;
	const FString FullPath = FPaths::ConvertRelativePathToFull(FPaths::ProjectContentDir(), Path);
	Loading = Async(EAsyncExecution::Thread,
		[Params, FullPath]()
		{
			FLoaded Result;
			if (gemma4_model_load(TCHAR_TO_UTF8(*FullPath), &Params, &Result.Model) != GEMMA4_OK)
			{
				Result.Error = UTF8_TO_TCHAR(gemma4_last_error_message());
			}
			return Result;
		});
}

void UGemma4Model::TakeLoaded()
{
	if (Loading.IsValid() && Loading.IsReady())
	{
		Loaded = Loading.Get();
		Loading.Reset();
	}
}

bool UGemma4Model::IsReady()
{
	TakeLoaded();
	return Loaded.Model != nullptr;
}

FString UGemma4Model::GetError()
{
	TakeLoaded();
	return Loaded.Error;
}

void UGemma4Model::Unload()
{
	while (Attached.Num() > 0)
	{
		Attached.Last()->ResetConversation();
	}
	gemma4_cancel_set(CancelFlag);	// a load that is going on ends soon
	if (Loading.IsValid())
	{
		Loading.Wait();
		TakeLoaded();
	}
	gemma4_cancel_free(CancelFlag);
	gemma4_model_free(Loaded.Model);
	CancelFlag = nullptr;
	Loaded = FLoaded();
	bLoadBegun = false;
}

void UGemma4Model::BeginDestroy()
{
	Unload();
	Super::BeginDestroy();
}

void UGemma4Model::Attach(UGemma4CharacterComponent* Character)
{
	Attached.Add(Character);
}

void UGemma4Model::Detach(UGemma4CharacterComponent* Character)
{
	Attached.Remove(Character);
}

void UGemma4Model::Join(UGemma4CharacterComponent* Talker)
{
	Talkers.Add(Talker);
}

void UGemma4Model::Leave(UGemma4CharacterComponent* Talker)
{
	Talkers.Remove(Talker);
}

void UGemma4Model::RunFrame()
{
	if (GFrameCounter == LastFrame || Talkers.Num() == 0)
	{
		return;
	}
	LastFrame = GFrameCounter;

	// More than fit into one pass wait for their turn.
	const int32 MostTalking = static_cast<int32>(gemma4_model_prefill_chunk_tokens(Loaded.Model));
	const int32 NumTalking = FMath::Min(Talkers.Num(), MostTalking);
	const TArray<UGemma4CharacterComponent*> Talking(Talkers.GetData(), NumTalking);
	TArray<gemma4_session*> Sessions;
	TArray<gemma4_event> Events;
	for (UGemma4CharacterComponent* Talker : Talking)
	{
		Sessions.Add(Talker->Session);
		gemma4_event Event = GEMMA4_EVENT_INIT;
		Events.Add(Event);
	}
	gemma4_step_params Step = GEMMA4_STEP_PARAMS_INIT;
	Step.time_budget_us = static_cast<uint64_t>(FMath::Max(0, FrameBudgetMicroseconds));
	const gemma4_status Status =
		gemma4_step_many(Sessions.GetData(), static_cast<size_t>(NumTalking), &Step, Events.GetData());
	for (int32 Index = 0; Index < NumTalking; ++Index)
	{
		if (Status != GEMMA4_OK)
		{
			Events[Index].status = Status;
		}
		Talking[Index]->Take(Events[Index]);
	}
	if (NumTalking < Talkers.Num())
	{
		Talkers.RemoveAt(0, NumTalking);
		Talkers.Append(Talking);
	}
}
