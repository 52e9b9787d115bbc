#include "Gemma4CharacterComponent.h"

#include "Gemma4Model.h"

#include <gemma4/gemma4.h>

namespace
{
FString ToText(const char* Utf8, size_t Size)
{
	const FUTF8ToTCHAR Converted(Utf8, static_cast<int32>(Size));
	return FString(Converted.Length(), Converted.Get());
}

FString LastError()
{
	return UTF8_TO_TCHAR(gemma4_last_error_message());
}

const TCHAR* ReasonName(gemma4_end_reason Reason)
{
	switch (Reason)
	{
		case GEMMA4_END_STOP_TOKEN:
			return TEXT("stop");
		case GEMMA4_END_MAX_TOKENS:
			return TEXT("max_new_tokens");
		case GEMMA4_END_CONTEXT_FULL:
			return TEXT("context_full");
		default:
			return TEXT("other");
	}
}
}  // namespace

UGemma4CharacterComponent::UGemma4CharacterComponent()
{
	PrimaryComponentTick.bCanEverTick = true;
}

void UGemma4CharacterComponent::Say(const FString& Text)
{
	Questions.Add(Text);
	if (Model)
	{
		Model->BeginLoad();
	}
}

void UGemma4CharacterComponent::AddToolResult(int32 CallId, const FString& Result)
{
	ToolResults.Add({CallId, Result});
}

void UGemma4CharacterComponent::Cancel()
{
	Questions.Empty();
	if (bHasAnswer)
	{
		EndAnswer(TEXT("cancelled"));
	}
}

void UGemma4CharacterComponent::ResetConversation()
{
	Questions.Empty();
	Notices.Empty();
	ToolResults.Empty();
	bHasAnswer = false;
	FreeSession();
}

void UGemma4CharacterComponent::EndPlay(const EEndPlayReason::Type EndPlayReason)
{
	ResetConversation();
	Super::EndPlay(EndPlayReason);
}

void UGemma4CharacterComponent::BeginDestroy()
{
	ResetConversation();
	Super::BeginDestroy();
}

void UGemma4CharacterComponent::TickComponent(
	float DeltaTime, ELevelTick TickType, FActorComponentTickFunction* ThisTickFunction)
{
	Super::TickComponent(DeltaTime, TickType, ThisTickFunction);
	if (!bHasAnswer && Questions.Num() > 0)
	{
		if (!Model)
		{
			Fail(TEXT("this character has no model"));
		}
		else if (!Model->GetError().IsEmpty())
		{
			Fail(Model->GetError());
		}
		else if (Model->IsReady())
		{
			BeginAnswer();
		}
	}
	const bool bWaitsForTools = bHasAnswer && !bJoined;
	if (bWaitsForTools && ToolResults.Num() >= NumToolCalls)
	{
		GiveToolResults();
	}
	if (bJoined)
	{
		Attached->RunFrame();
	}

	// Whoever hears an event may reset or destroy this component, which empties the queue.
	while (Notices.Num() > 0)
	{
		const TFunction<void()> Notice = Notices[0];
		Notices.RemoveAt(0);
		Notice();
	}
}

void UGemma4CharacterComponent::Take(const gemma4_event& Event)
{
	if (Event.status != GEMMA4_OK)
	{
		EndAnswer(TEXT("failed"));
		Fail(UTF8_TO_TCHAR(gemma4_status_name(Event.status)));
		return;
	}
	switch (Event.kind)
	{
		case GEMMA4_EVENT_TEXT:
		case GEMMA4_EVENT_THOUGHT:
		{
			const FString Text = ToText(Event.text, Event.text_size);
			if (Text.IsEmpty())
			{
				break;
			}
			if (Event.kind == GEMMA4_EVENT_TEXT)
			{
				Answer += Text;
				Notices.Add([this, Text]() { OnToken.Broadcast(Text); });
			}
			else
			{
				Notices.Add([this, Text]() { OnThought.Broadcast(Text); });
			}
			break;
		}
		case GEMMA4_EVENT_TOOL_CALL:
		{
			const int32 CallId = Event.tool_call_id;
			const FString Name = ToText(Event.tool_name, Event.tool_name_size);
			const FString Arguments = ToText(Event.tool_arguments_json, Event.tool_arguments_json_size);
			++NumToolCalls;
			Notices.Add([this, CallId, Name, Arguments]() { OnToolCall.Broadcast(CallId, Name, Arguments); });
			break;
		}
		case GEMMA4_EVENT_END:
			if (Event.end_reason == GEMMA4_END_TOOL_CALLS)
			{
				Pause();  // until the results are there
			}
			else
			{
				EndAnswer(ReasonName(Event.end_reason));
			}
			break;
		default:
			break;
	}
}

bool UGemma4CharacterComponent::CreateSession()
{
	gemma4_sampler_params Sampler = GEMMA4_SAMPLER_PARAMS_INIT;
	Sampler.temperature = Temperature;
	Sampler.seed = static_cast<uint64_t>(Seed);
	gemma4_session_params Params = GEMMA4_SESSION_PARAMS_INIT;
	Params.sampler = &Sampler;
	Params.max_new_tokens = static_cast<size_t>(FMath::Max(0, MaxNewTokens));
	Params.max_context_tokens = FMath::Min(static_cast<size_t>(FMath::Max(0, MaxContextTokens)),
		gemma4_model_max_context_tokens(Model->Loaded.Model));
	gemma4_status Status = gemma4_session_create(Model->Loaded.Model, &Params, &Session);
	if (Status == GEMMA4_OK && !SystemPrompt.IsEmpty())
	{
		Status = gemma4_session_add_system_text(Session, TCHAR_TO_UTF8(*SystemPrompt), GEMMA4_NUL_TERMINATED);
	}
	if (Status == GEMMA4_OK && !ToolsJson.IsEmpty())
	{
		Status = gemma4_session_set_tools_json(Session, TCHAR_TO_UTF8(*ToolsJson), GEMMA4_NUL_TERMINATED);
	}
	if (Status == GEMMA4_OK && bEnableThinking)
	{
		Status = gemma4_session_set_thinking(Session, 1);
	}
	if (Status == GEMMA4_OK)
	{
		Attached = Model;
		Attached->Attach(this);
		return true;
	}
	const FString Message = LastError();
	gemma4_session_free(Session);
	Session = nullptr;
	Fail(Message);
	return false;
}

void UGemma4CharacterComponent::BeginAnswer()
{
	const FString Question = Questions[0];
	Questions.RemoveAt(0);
	if (Attached != Model)
	{
		FreeSession();	// another model was set
	}
	if (Session == nullptr && !CreateSession())
	{
		return;
	}
	if (gemma4_session_add_user_text(Session, TCHAR_TO_UTF8(*Question), GEMMA4_NUL_TERMINATED) != GEMMA4_OK)
	{
		Fail(LastError());
		return;
	}
	bHasAnswer = true;
	Answer.Empty();
	NumToolCalls = 0;
	ToolResults.Empty();
	Join();
}

void UGemma4CharacterComponent::GiveToolResults()
{
	for (const FToolResult& Result : ToolResults)
	{
		// What is JSON is given as such; any other text is a result, too.
		const FTCHARToUTF8 Text(*Result.Text);
		const size_t Size = static_cast<size_t>(Text.Length());
		if (gemma4_session_add_tool_result_json(Session, Result.CallId, Text.Get(), Size) == GEMMA4_OK ||
			gemma4_session_add_tool_result(Session, Result.CallId, Text.Get(), Size) == GEMMA4_OK)
		{
			continue;
		}
		const FString Message = LastError();
		EndAnswer(TEXT("failed"));
		Fail(Message);
		return;
	}
	ToolResults.Empty();
	NumToolCalls = 0;
	Join();
}

void UGemma4CharacterComponent::Join()
{
	Attached->Join(this);
	bJoined = true;
}

void UGemma4CharacterComponent::Pause()
{
	if (bJoined)
	{
		Attached->Leave(this);
	}
	bJoined = false;
}

void UGemma4CharacterComponent::FreeSession()
{
	Pause();
	if (Attached != nullptr)
	{
		Attached->Detach(this);
	}
	Attached = nullptr;
	gemma4_session_free(Session);
	Session = nullptr;
}

void UGemma4CharacterComponent::EndAnswer(const TCHAR* Reason)
{
	Pause();
	bHasAnswer = false;
	const FString Text = Answer;
	const FString ReasonText = Reason;
	Notices.Add([this, Text, ReasonText]() { OnFinished.Broadcast(Text, ReasonText); });
}

void UGemma4CharacterComponent::Fail(const FString& Message)
{
	Questions.Empty();
	Notices.Add([this, Message]() { OnFailed.Broadcast(Message); });
}
