package flat_test

import (
	"errors"
	"os"
	"runtime/cgo"
	"testing"

	"gemma4/flat"
)

func withSession(t *testing.T, use func(session uintptr)) {
	path := os.Getenv("GEMMA4_DEMO_MODEL")
	if path == "" {
		path = "../../../tools/demo_model"
	}
	model, session := make([]uintptr, 1), make([]uintptr, 1)
	if err := flat.Gemma4_model_load(path, 0, model); err != nil {
		t.Fatal(err)
	}
	if err := flat.Gemma4_session_create(model[0], 0, session); err != nil {
		t.Fatal(err)
	}
	flat.Gemma4_model_free(model[0])
	defer flat.Gemma4_session_free(session[0])
	text := []byte("What is the capital of France?")
	if err := flat.Gemma4_session_add_user_text(session[0], text, uint64(len(text))); err != nil {
		t.Fatal(err)
	}
	use(session[0])
}

func TestEventsArePushedToACallback(t *testing.T) {
	numEvents, mine := 0, errors.New("no more")
	callbacks := &flat.Callbacks{Event: func(event uintptr) error {
		numEvents++
		if flat.Gemma4_event_get_kind(event) == flat.GEMMA4_EVENT_END {
			return mine
		}
		return nil
	}}
	userdata := cgo.NewHandle(callbacks)
	defer userdata.Delete()
	withSession(t, func(session uintptr) {
		err := flat.Gemma4_session_generate(session, flat.EventCallback(), uintptr(userdata))
		var failed *flat.Error
		if !errors.As(err, &failed) || failed.Code != flat.GEMMA4_ERROR_STOPPED {
			t.Fatalf("found %v", err)
		}
		if numEvents < 5 || callbacks.Err != mine {
			t.Fatalf("%d events, %v", numEvents, callbacks.Err)
		}
	})
}

func TestSeveralSessionsStepAtOnce(t *testing.T) {
	withSession(t, func(session uintptr) {
		events := flat.Gemma4_event_alloc(1)
		defer flat.Gemma4_event_free(events, 1)
		if err := flat.Gemma4_step_many([]uintptr{session}, 1, 0, events); err != nil {
			t.Fatal(err)
		}
		if kind := flat.Gemma4_event_get_kind(events); kind != flat.GEMMA4_EVENT_PREFILL {
			t.Fatalf("found the kind %d", kind)
		}
	})
}

func TestAStructOwnsItsTexts(t *testing.T) {
	params := flat.Gemma4_load_params_alloc(2)
	second := flat.Gemma4_load_params_at(params, 1)
	flat.Gemma4_load_params_set_cache_folder(second, "/a")
	flat.Gemma4_load_params_set_cache_folder(second, "/b 😀")
	if text := flat.Gemma4_load_params_get_cache_folder(second); text != "/b 😀" {
		t.Fatalf("found %q", text)
	}
	flat.Gemma4_load_params_free(params, 2)
}
