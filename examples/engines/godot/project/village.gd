extends VBoxContainer
## A villager who answers what is typed, a few milliseconds of work in each frame.
##
## With a question on the command line (godot --path . -- "What is 7 + 5?") it prints the answer and
## quits.

@onready var bubble: Label = $Bubble
@onready var question: LineEdit = $Question
@onready var villager: Gemma4Character = $Villager

var quit_when_finished := false


func _ready() -> void:
	villager.token.connect(func(text: String) -> void: bubble.text += text)
	villager.finished.connect(_on_finished)
	villager.failed.connect(_on_failed)
	question.text_submitted.connect(_ask)
	villager.model.begin_load()  # now, and not when the first question is asked
	for text in OS.get_cmdline_user_args():
		quit_when_finished = true
		_ask(text)


func _ask(text: String) -> void:
	bubble.text = ""
	question.clear()
	villager.say(text)


func _on_finished(text: String, reason: String) -> void:
	print("villager: ", text, " (", reason, ")")
	if quit_when_finished:
		get_tree().quit()


func _on_failed(message: String) -> void:
	bubble.text = message
	printerr("villager: ", message)
	if quit_when_finished:
		get_tree().quit(1)
