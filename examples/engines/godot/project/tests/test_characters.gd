extends SceneTree
## What a game may do to characters: godot --headless --path . --script res://tests/test_characters.gd
## Prints a line a check, and quits with 1 when one failed.

var num_failed := 0


func _initialize() -> void:
	_run.call_deferred()


func check(condition: bool, what: String) -> void:
	print("ok: " if condition else "FAILED: ", what)
	if not condition:
		num_failed += 1


func make(model: Gemma4Model) -> Gemma4Character:
	var character := Gemma4Character.new()
	character.model = model
	character.temperature = 0.0
	root.add_child(character)
	return character


## The next `finished` of a character: [text, reason].
func answer(character: Gemma4Character, text: String) -> Array:
	character.say(text)
	return await character.finished


func _run() -> void:
	var model := Gemma4Model.new()
	model.path = "res://model"
	check(model.path == "res://model" and model.frame_budget_us == 4000, "properties keep their values")
	check(not model.is_ready() and model.get_error() == "", "nothing is loaded before it is needed")

	var villager := make(model)
	var pieces: Array[String] = []
	villager.token.connect(func(text: String) -> void: pieces.append(text))
	var first: Array = await answer(villager, "What is the capital of France?")
	check(first == ["The capital of France is Paris.", "stop"], "answers: %s" % [first])
	check("".join(pieces) == first[0] and pieces.size() > 3, "pieces make up the answer")
	check(model.is_ready() and not villager.is_talking(), "is ready, and silent afterwards")
	var second: Array = await answer(villager, "What is 7 + 5?")
	check(second[0] == "7 + 5 = 12", "goes on with the conversation: %s" % second[0])

	# Several at once, with a budget of nearly nothing: the same words, more frames.
	model.frame_budget_us = 1
	var crowd: Array[Gemma4Character] = []
	var answers := {}
	for i in 5:
		var character := make(model)
		character.finished.connect(func(text: String, _reason: String) -> void: answers[i] = text)
		character.say("What is %d + %d?" % [i + 2, i + 2])
		crowd.append(character)
	while answers.size() < crowd.size():
		await process_frame
	var as_wanted := true
	for i in crowd.size():
		as_wanted = as_wanted and answers[i] == "%d + %d = %d" % [i + 2, i + 2, 2 * i + 4]
	check(as_wanted, "five talk in one frame loop: %s" % [answers.values()])

	# Said twice at once: answered one after the other.
	var reasons: Array[String] = []
	villager.finished.connect(func(_text: String, reason: String) -> void: reasons.append(reason))
	villager.say("What is 2 + 2?")
	villager.say("What is 3 + 3?")
	while villager.is_talking():
		await process_frame
	check(reasons == ["stop", "stop"], "questions wait for their turn")

	# Cancelled, freed while talking, freed by one who hears a word.
	villager.say("Tell me a story.")
	await villager.token
	villager.cancel()
	var cancelled: Array = await villager.finished
	check(cancelled[1] == "cancelled" and not villager.is_talking(), "cancel ends an answer")
	check((await answer(villager, "What is 7 + 5?"))[0] == "7 + 5 = 12", "and the next one comes")
	crowd[0].say("Tell me a story.")
	await crowd[0].token
	await process_frame  # Godot lets nobody free() an object that is sending a signal
	crowd[0].free()
	crowd[1].token.connect(func(_text: String) -> void: crowd[1].queue_free())
	crowd[1].say("Tell me a story.")
	crowd[2].say("What is 4 + 4?")
	check((await crowd[2].finished)[0] == "4 + 4 = 8", "others talk on when one is freed")
	check(not is_instance_valid(crowd[0]) and not is_instance_valid(crowd[1]), "who was freed is gone")

	# Who the character is, thoughts, and tools, whose results may take their time.
	var fisher := make(model)
	fisher.system_prompt = "You are Nora, a fisher near the river."
	var goods: String = (await answer(fisher, "What do you sell?"))[0]
	check("fish" in goods, "plays its part: %s" % goods)
	var thinker := make(model)
	thinker.enable_thinking = true
	var thoughts: Array[String] = []
	thinker.thought.connect(func(text: String) -> void: thoughts.append(text))
	check((await answer(thinker, "What is 8 * 7?"))[0] == "8 * 7 = 56", "thinks and answers")
	check("8 * 7 = 56" in "".join(thoughts), "tells its thoughts apart: %s" % "".join(thoughts))
	var herald := make(model)
	herald.tools_json = JSON.stringify([{"type": "function", "function": {
		"name": "get_weather", "description": "Gets the weather of a city.", "parameters": {
			"type": "object", "required": ["city"],
			"properties": {"city": {"type": "string", "description": "The city."}}}}}])
	herald.say("What is the weather in Paris?")
	var call: Array = await herald.tool_call
	check(call[0] == 0 and call[1] == "get_weather" and JSON.parse_string(call[2]) == {"city": "Paris"},
			"calls a tool: %s" % [call])
	for i in 5:
		await process_frame
	check(herald.is_talking(), "waits for the tool")
	herald.add_tool_result(0, JSON.stringify({"sky": "sunny", "temperature": 21}))
	check((await herald.finished)[0] == "It is sunny in Paris and 21 degrees.", "uses its result")
	check((await answer(herald, "What is 7 + 5?"))[0] == "7 + 5 = 12", "and goes on")

	villager.reset()
	villager.max_new_tokens = 3
	check((await answer(villager, "Tell me a story."))[1] == "max_new_tokens", "an answer has a limit")
	villager.reset()
	villager.max_context_tokens = 16
	villager.say("What is the capital of France, and of Italy, and of Spain, and of Portugal?")
	check("16" in (await villager.failed), "what does not fit is told")

	var nowhere := Gemma4Model.new()
	nowhere.path = "res://no such model"
	var lost := make(nowhere)
	lost.say("Hello?")
	check("no such model" in (await lost.failed), "a model that is not there is told")
	check("no such model" in nowhere.get_error(), "and by the model too")
	var mute := make(null)
	mute.say("Hello?")
	check("no model" in (await mute.failed), "no model is told")

	# How long frames are while two tell stories, both within the four milliseconds of their model.
	# Where nobody draws, Godot sleeps until a frame has taken 6.9 ms; that would hide what they cost.
	OS.low_processor_usage_mode_sleep_usec = 1
	model.frame_budget_us = 4000
	var narrators: Array[Gemma4Character] = [make(model), make(model)]
	var frame_us: Array[int] = []
	var last := Time.get_ticks_usec()
	while frame_us.size() < 400:
		for narrator in narrators:
			if not narrator.is_talking():
				narrator.reset()
				narrator.say("Tell me a short story.")
		await process_frame
		frame_us.append(Time.get_ticks_usec() - last)
		last += frame_us[-1]
	for narrator in narrators:
		narrator.queue_free()
	frame_us.sort()
	print("frame times with a budget of 4 ms: median %.2f ms, p99 %.2f ms, longest %.2f ms" % [
		frame_us[200] / 1e3, frame_us[396] / 1e3, frame_us[-1] / 1e3])
	check(frame_us[200] < 16667, "sixty frames a second while two talk")

	# A model that is given up while it loads.
	var hasty := Gemma4Model.new()
	hasty.path = "res://model"
	hasty.begin_load()
	hasty = null
	check(true, "a model may be given up while it loads")

	print("%d failed" % num_failed)
	quit(1 if num_failed > 0 else 0)
