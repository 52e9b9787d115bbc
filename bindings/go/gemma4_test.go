package gemma4_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gemma4"
)

func TestTokensAreThoseOfTheProgramInC(t *testing.T) {
	replies := repliesOfC(t)
	if replies[question] == nil {
		t.Fatal("C was not asked about France")
	}
	model := load(t)
	for prompt, expected := range replies {
		_, ids := ask(t, newSession(t, model, greedy()), prompt)
		equal(t, expected, ids)
	}
}

func TestStreams(t *testing.T) {
	session := newSession(t, load(t), greedy())
	text, ids := ask(t, session, question)
	equal(t, answer, text)
	ok(t, session.Reset())
	ok(t, session.AddSystem("You are Nora, a fisher near the river."))
	text, _ = ask(t, session, "What do you sell?")
	equal(t, "I sell fish and nets.", text)

	// As a push iterator, left in the middle and gone on with.
	ok(t, session.Reset())
	numTokens, text := 0, ""
	session.Stream(background, question)(func(event gemma4.Event, err error) bool {
		ok(t, err)
		text += event.Text
		if event.Kind == gemma4.EventText {
			numTokens++
		}
		return numTokens < 3
	})
	session.Events(background)(func(event gemma4.Event, err error) bool {
		ok(t, err)
		text += event.Text
		numTokens++
		return true
	})
	equal(t, answer, text)
	equal(t, len(ids)+1, numTokens) // and END

	// An error comes last.
	var last error
	session.Events(background)(func(_ gemma4.Event, err error) bool {
		last = err
		return true
	})
	fails(t, gemma4.ErrState, "append", last)
}

func TestFilesInMemory(t *testing.T) {
	all := files(t)
	model, err := gemma4.LoadFiles(background, all, nil)
	ok(t, err)
	defer model.Close()
	for _, data := range all {
		for i := range data {
			data[i] = 0
		}
	}
	text, _ := ask(t, newSession(t, model, greedy()), question)
	equal(t, answer, text)
}

type brokenReader struct{ err error }

func (r brokenReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }

func TestPackedFilesFromAPathAFileAndAReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "modèle 🙂.g4")
	ok(t, gemma4.Pack(background, demoModel(), path, nil))
	ok(t, gemma4.Verify(path))
	data, err := os.ReadFile(path)
	ok(t, err)
	file, err := os.Open(path)
	ok(t, err)
	for name, loaded := range map[string]func() (*gemma4.Model, error){
		"path": func() (*gemma4.Model, error) { return gemma4.Load(background, path, nil) },
		"file": func() (*gemma4.Model, error) { return gemma4.LoadFile(background, file, 0, 0, nil) },
		"reader": func() (*gemma4.Model, error) {
			return gemma4.LoadReader(background, bytes.NewReader(data), uint64(len(data)), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			model, err := loaded()
			ok(t, err)
			defer model.Close()
			equal(t, "packed", model.Format())
			text, _ := ask(t, newSession(t, model, greedy()), question)
			equal(t, answer, text)
		})
	}
	ok(t, file.Close())
	fails(t, gemma4.ErrNotFound, "fehlt 🙂", gemma4.Verify("/fehlt 🙂"))

	mine := errors.New("the network is down")
	_, err = gemma4.LoadReader(background, brokenReader{mine}, 1000000, nil)
	equal(t, mine, err)
	half := bytes.NewReader(data[:len(data)/2])
	_, err = gemma4.LoadReader(background, half, uint64(len(data)), nil)
	equal(t, io.ErrUnexpectedEOF, err)
}

func TestAnEmojiOverFourTokensComesOutWhole(t *testing.T) {
	ids := repliesOfC(t)[question]
	plain := load(t)
	model, err := gemma4.LoadFiles(background, filesThatAnswerWithAnEmoji(t, plain, ids), nil)
	ok(t, err)
	defer model.Close()
	prompt, err := plain.Tokenize(
		"<bos><|turn>user\n"+question+"<turn|>\n<|turn>model\n", gemma4.ParseSpecial)
	ok(t, err)
	session := newSession(t, model, greedy())
	ok(t, session.Prefill(background, prompt))
	var pieces []string
	ok(t, session.Continue(background, func(event gemma4.Event) error {
		if event.Kind == gemma4.EventText {
			pieces = append(pieces, event.Text)
		}
		return nil
	}))
	equal(t, []string{"The", "", "", "", "😀"}, pieces[:5])
}

func TestTokenize(t *testing.T) {
	model := load(t)
	for _, text := range []string{"", "Hello", "Grüße 😀 \x00 ¡!", "👩‍👩‍👧"} {
		ids, err := model.Tokenize(text, 0)
		ok(t, err)
		back, err := model.Detokenize(ids)
		ok(t, err)
		equal(t, text, back)
	}
	ids, err := model.Tokenize("x", gemma4.AddBOS)
	ok(t, err)
	equal(t, model.BOSTokenID(), ids[0])
	_, err = model.Tokenize("a\xff", 0)
	fails(t, gemma4.ErrInvalidUTF8, "1", err)
	_, err = model.Detokenize([]int32{1, 2048})
	fails(t, gemma4.ErrInvalidArgument, "2048", err)
	_, err = gemma4.Load(background, "a\x00b", nil)
	fails(t, gemma4.ErrInvalidArgument, "NUL", err)
}

func TestProgressOfALoad(t *testing.T) {
	var done, total uint64
	numHeard := 0
	model, err := gemma4.Load(background, demoModel(), &gemma4.LoadOptions{
		Progress: func(d, n uint64) error {
			done, total = d, n
			numHeard++
			return nil
		}})
	ok(t, err)
	model.Close()
	if numHeard < 2 || done != total || total == 0 {
		t.Fatalf("heard %d times, last %d of %d", numHeard, done, total)
	}
}

func TestProgressMayFailAndPanic(t *testing.T) {
	mine := errors.New("enough")
	_, err := gemma4.Load(background, demoModel(), &gemma4.LoadOptions{
		Progress: func(uint64, uint64) error { return mine }})
	equal(t, mine, err)

	defer func() { equal(t, "out of range", recover()) }()
	_, _ = gemma4.Load(background, demoModel(), &gemma4.LoadOptions{
		Progress: func(uint64, uint64) error { panic("out of range") }})
	t.Fatal("the panic did not come out")
}

// endless is a generation that goes on until the context is full.
func endless(t *testing.T, model *gemma4.Model) *gemma4.Session {
	options := greedy()
	options.StopTokenIDs = []int32{0}
	options.MaxContextTokens = 4096
	session := newSession(t, model, options)
	ok(t, session.AddUser(question))
	return session
}

func TestAnEmptyListOfStopTokensIsNone(t *testing.T) {
	model := load(t)
	last := func(stopTokenIDs []int32) gemma4.EndReason {
		options := greedy()
		options.StopTokenIDs = stopTokenIDs
		options.MaxNewTokens = 60
		session := newSession(t, model, options)
		reason := gemma4.EndReason(-1)
		ok(t, session.Generate(background, question, func(event gemma4.Event) error {
			if event.Kind == gemma4.EventEnd {
				reason = event.EndReason
			}
			return nil
		}))
		return reason
	}
	equal(t, gemma4.EndStopToken, last(nil))
	equal(t, gemma4.EndMaxTokens, last([]int32{}))
}

func TestAnotherGoroutineCancels(t *testing.T) {
	session := endless(t, load(t))
	ctx, cancel := context.WithCancel(background)
	started := make(chan struct{})
	go func() {
		<-started
		cancel()
	}()
	var once sync.Once
	err := session.Continue(ctx, func(gemma4.Event) error {
		once.Do(func() { close(started) })
		return nil
	})
	fails(t, gemma4.ErrCancelled, "cancel", err)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v is not context.Canceled", err)
	}
	_, err = session.Step(background) // the session goes on
	ok(t, err)
	err = session.Prefill(ctx, []int32{1, 2, 3})
	fails(t, gemma4.ErrCancelled, "cancel", err)
	ok(t, session.Prefill(background, nil))
}

func TestADeadlineCancels(t *testing.T) {
	session := endless(t, load(t))
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	err := session.Continue(ctx, func(gemma4.Event) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, gemma4.ErrCancelled) {
		t.Fatalf("found %v", err)
	}
}

func TestALoadIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	_, err := gemma4.Load(ctx, demoModel(), &gemma4.LoadOptions{
		Progress: func(uint64, uint64) error {
			cancel()
			time.Sleep(time.Second) // until another goroutine has seen it
			return nil
		}})
	fails(t, gemma4.ErrCancelled, "cancel", err)
	_, err = gemma4.Load(ctx, demoModel(), nil)
	fails(t, gemma4.ErrCancelled, "cancel", err)
}

func TestTheCollectorRunsWhileAStreamIsOpen(t *testing.T) {
	model := load(t)
	session, err := model.NewSession(greedy())
	ok(t, err)
	text := ""
	err = session.Generate(background, question, func(event gemma4.Event) error {
		runtime.GC()
		text += event.Text
		return nil
	})
	ok(t, err)
	equal(t, answer, text)
	session.Close()
}

func TestAFinalizerWarns(t *testing.T) {
	leaks := make(chan string, 10)
	before := gemma4.OnLeak
	gemma4.OnLeak = func(what string) { leaks <- what }
	defer func() { gemma4.OnLeak = before }()
	model := load(t)
	func() {
		_, err := model.NewSession(nil)
		ok(t, err)
	}()
	for i := 0; i < 200; i++ {
		runtime.GC()
		select {
		case what := <-leaks:
			equal(t, "session", what)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("nobody warned")
}

func TestTheModelIsClosedBeforeItsSession(t *testing.T) {
	model := load(t)
	session := newSession(t, model, greedy())
	ok(t, model.Close())
	ok(t, model.Close())
	runtime.GC()
	text, _ := ask(t, session, question)
	equal(t, answer, text)
	ok(t, session.Close())
	ok(t, session.Close())
}

func TestErrorsHaveACodeAndAText(t *testing.T) {
	_, err := gemma4.Load(background, "/no/such", nil)
	fails(t, gemma4.ErrNotFound, "/no/such", err)
	_, err = gemma4.Inspect("/no/such")
	fails(t, gemma4.ErrNotFound, "/no/such", err)
	_, err = gemma4.Load(background, demoModel(), &gemma4.LoadOptions{NumThreads: 9999})
	fails(t, gemma4.ErrInvalidArgument, "9999", err)
	_, err = gemma4.Load(background, demoModel(), &gemma4.LoadOptions{NumThreads: -1})
	fails(t, gemma4.ErrInvalidArgument, "-1", err)
	_, err = gemma4.Load(background, demoModel(), &gemma4.LoadOptions{MemoryBudgetBytes: 1000})
	fails(t, gemma4.ErrMemoryBudget, "1000", err)
	session := newSession(t, load(t), &gemma4.SessionOptions{MaxContextTokens: 8})
	_, err = session.Step(background)
	fails(t, gemma4.ErrState, "append", err)
	fails(t, gemma4.ErrContextFull, "8", session.AddUser("one two three four five"))
	equal(t, "not found", gemma4.ErrNotFound.Error())
	if errors.Is(err, gemma4.ErrBusy) {
		t.Fatal("every code is every other")
	}
}

func TestErrorTextsAreThoseOfTheirCalls(t *testing.T) {
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		name := "/no/such/" + strings.Repeat("x", i+1) + "/"
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 200; j++ {
				if _, err := gemma4.Inspect(name); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("%v does not name %s", err, name)
				}
			}
		}()
	}
	all.Wait()
}

func TestUsingWhatIsClosed(t *testing.T) {
	model := load(t)
	session := newSession(t, model, nil)
	ok(t, session.AddUser("Hi"))
	ok(t, session.Close())
	_, err := session.Step(background)
	for _, err := range []error{err, session.AddUser("x"), session.Reset(),
		session.Generate(background, "x", nil)} {
		if !errors.Is(err, gemma4.ErrClosed) || !strings.Contains(err.Error(), "session") {
			t.Fatalf("found %v", err)
		}
	}
	equal(t, 0, session.Position())
	ok(t, model.Close())
	if _, err := model.NewSession(nil); !errors.Is(err, gemma4.ErrClosed) {
		t.Fatalf("found %v", err)
	}
}

func TestACloseWaitsForTheCallThatRuns(t *testing.T) {
	for i := 0; i < 5; i++ {
		model := load(t)
		session := endless(t, model)
		started := make(chan struct{})
		result := make(chan error)
		go func() {
			var once sync.Once
			result <- session.Continue(background, func(gemma4.Event) error {
				once.Do(func() { close(started) })
				return nil
			})
		}()
		<-started
		ok(t, model.Close())
		ok(t, session.Close())
		if err := <-result; !errors.Is(err, gemma4.ErrClosed) {
			t.Fatalf("found %v", err)
		}
	}
}

func TestTwoModelsOnOnePoolOfThreads(t *testing.T) {
	pool, err := gemma4.NewThreadPool(3)
	ok(t, err)
	equal(t, 3, pool.NumThreads())
	options := &gemma4.LoadOptions{ThreadPool: pool}
	both := &gemma4.LoadOptions{ThreadPool: pool, NumThreads: 2}
	_, err = gemma4.Load(background, demoModel(), both)
	fails(t, gemma4.ErrInvalidArgument, "thread_pool", err)
	var models [2]*gemma4.Model
	for i := range models {
		models[i], err = gemma4.Load(background, demoModel(), options)
		ok(t, err)
		defer models[i].Close()
		equal(t, 3, models[i].NumThreads())
	}
	ok(t, pool.Close())
	answers := make(chan string)
	for _, model := range models {
		session := newSession(t, model, greedy())
		go func() {
			var text strings.Builder
			session.Stream(background, question)(func(event gemma4.Event, err error) bool {
				text.WriteString(event.Text)
				return err == nil
			})
			answers <- text.String()
		}()
	}
	for range models {
		equal(t, answer, <-answers)
	}
	if _, err = gemma4.Load(background, demoModel(), options); !errors.Is(err, gemma4.ErrClosed) {
		t.Fatalf("found %v", err)
	}
	equal(t, 0, pool.NumThreads())
	ok(t, pool.Close())

	_, err = gemma4.NewThreadPool(1025)
	fails(t, gemma4.ErrInvalidArgument, "at most 1024", err)
	_, err = gemma4.NewThreadPool(-1)
	fails(t, gemma4.ErrInvalidArgument, "numThreads", err)
}

func TestTwoGoroutinesInOneSession(t *testing.T) {
	model := load(t)
	session := newSession(t, model, nil)
	ids := make([]int32, 3000)
	for i := range ids {
		ids[i] = 100
	}
	over := make(chan error)
	go func() {
		err := session.Prefill(background, ids)
		for errors.Is(err, gemma4.ErrBusy) { // the rewind below was there first
			err = session.Prefill(background, ids)
		}
		over <- err
	}()
	var err error
	for isBusy := false; !isBusy; {
		select {
		case err := <-over:
			ok(t, err)
			t.Fatal("nothing was busy")
		default:
			err = session.Rewind(0) // changes nothing before the other one has begun
			isBusy = err != nil
		}
	}
	fails(t, gemma4.ErrBusy, "", err)
	ok(t, <-over)
}

func TestSessionsOfOneModelRunAtOnce(t *testing.T) {
	model := load(t)
	var all sync.WaitGroup
	for i := 0; i < 3; i++ {
		session := newSession(t, model, greedy())
		all.Add(1)
		go func() {
			defer all.Done()
			text := ""
			err := session.Generate(background, question, func(event gemma4.Event) error {
				text += event.Text
				return nil
			})
			if err != nil || text != answer {
				t.Errorf("%v, %q", err, text)
			}
		}()
	}
	all.Wait()
}

func TestResetAndRewind(t *testing.T) {
	session := newSession(t, load(t), greedy())
	ok(t, session.AddUser(question))
	mark := session.Position()
	text := ""
	collect := func(event gemma4.Event) error {
		text += event.Text
		return nil
	}
	ok(t, session.Continue(background, collect))
	ok(t, session.Rewind(mark))
	equal(t, mark, session.Position())
	ok(t, session.Continue(background, collect))
	equal(t, answer+answer, text)
	fails(t, gemma4.ErrInvalidArgument, "100000", session.Rewind(100000))
	fails(t, gemma4.ErrInvalidArgument, "-1", session.Rewind(-1))
	ok(t, session.Reset())
	equal(t, 0, session.Position())
}

func TestLogits(t *testing.T) {
	model := load(t)
	session := newSession(t, model, nil)
	_, err := session.Logits()
	fails(t, gemma4.ErrState, "", err)
	ids, err := model.Tokenize("Hello there", gemma4.AddBOS)
	ok(t, err)
	vocab := model.VocabSize()
	rows, err := session.PrefillLogits(background, ids, vocab)
	ok(t, err)
	last, err := session.Logits()
	ok(t, err)
	if !reflect.DeepEqual(rows[(len(ids)-1)*vocab:], last) {
		t.Fatal("the last row is another")
	}
}

func TestLimitsEndAGeneration(t *testing.T) {
	options := greedy()
	options.MaxNewTokens = 3
	session := newSession(t, load(t), options)
	var events []gemma4.Event
	ok(t, session.Generate(background, question, func(event gemma4.Event) error {
		events = append(events, event)
		return nil
	}))
	equal(t, 5, len(events)) // PREFILL, three TEXT, END
	equal(t, gemma4.EventPrefill, events[0].Kind)
	equal(t, events[0].NumTokensTotal, events[0].NumTokensDone)
	equal(t, gemma4.EndMaxTokens, events[4].EndReason)

	mine := errors.New("stop")
	equal(t, mine, session.Continue(background, func(gemma4.Event) error { return mine }))
}

func TestTheSamplerHearsOfEveryOption(t *testing.T) {
	first := repliesOfC(t)[question][0]
	model := load(t)
	banned, biased := gemma4.Greedy(), gemma4.Greedy()
	banned.BannedTokenIDs = []int32{5, first}
	biased.LogitBias = map[int32]float32{5: 0, first: float32(math.Inf(-1))}
	for _, sampler := range []*gemma4.Sampler{banned, biased} {
		_, ids := ask(t, newSession(t, model, &gemma4.SessionOptions{Sampler: sampler}), question)
		if ids[0] == first {
			t.Fatal("it is not banned")
		}
	}
	nan := float32(math.NaN())
	for _, change := range []func(*gemma4.Sampler){
		func(s *gemma4.Sampler) { s.MinP = 2 },
		func(s *gemma4.Sampler) { s.RepetitionPenalty = -1 },
		func(s *gemma4.Sampler) { s.FrequencyPenalty = nan },
		func(s *gemma4.Sampler) { s.PresencePenalty = nan },
		func(s *gemma4.Sampler) { s.TopP = 2 },
		func(s *gemma4.Sampler) { s.PenaltyWindow = -1 },
	} {
		sampler := gemma4.DefaultSampler()
		change(sampler)
		_, err := model.NewSession(&gemma4.SessionOptions{Sampler: sampler})
		fails(t, gemma4.ErrInvalidArgument, "", err)
	}
}

func TestStepsWithATimeBudgetSayTheSame(t *testing.T) {
	session := newSession(t, load(t), greedy())
	ok(t, session.AddUser(question))
	text, numPending := "", 0
	for {
		event, err := session.StepFor(background, time.Nanosecond)
		ok(t, err)
		text += event.Text
		if event.Kind == gemma4.EventPending {
			numPending++
		}
		if event.Kind == gemma4.EventEnd {
			break
		}
	}
	equal(t, answer, text)
	if numPending == 0 {
		t.Fatal("a microsecond is soon spent")
	}
	_, err := session.StepFor(background, -1)
	fails(t, gemma4.ErrInvalidArgument, "-1", err)
}

func TestSeveralSessionsInOnePassSayTheSame(t *testing.T) {
	model := load(t)
	replies := repliesOfC(t)
	prompts := map[*gemma4.Session]string{}
	ids := map[*gemma4.Session][]int32{}
	var all, running []*gemma4.Session
	for prompt := range replies {
		session := newSession(t, model, greedy())
		ok(t, session.AddUser(prompt))
		prompts[session] = prompt
		all = append(all, session)
	}
	for running = all; len(running) > 0; {
		events, err := gemma4.StepMany(background, 0, running...)
		ok(t, err)
		var left []*gemma4.Session
		for i, session := range running {
			ok(t, events[i].Err)
			if events[i].Kind == gemma4.EventText && events[i].TokenID >= 0 {
				ids[session] = append(ids[session], events[i].TokenID)
			}
			if events[i].Kind != gemma4.EventEnd {
				left = append(left, session)
			}
		}
		running = left
	}
	for session, prompt := range prompts {
		equal(t, replies[prompt], ids[session])
	}
	// One's error is nothing to the others.
	ok(t, all[0].Reset())
	ok(t, all[1].AddUser("What is 2 + 2?"))
	events, err := gemma4.StepMany(background, 0, all[0], all[1])
	ok(t, err)
	equal(t, true, errors.Is(events[0].Err, gemma4.ErrState))
	equal(t, gemma4.EventPrefill, events[1].Kind)
	ok(t, all[2].Close())
	_, err = gemma4.StepMany(background, 0, all...)
	equal(t, true, errors.Is(err, gemma4.ErrClosed))
}

// The words that the tiny model was trained with.
const toolsJSON = `[{"type":"function","function":{"name":"get_weather","description":"Gets the ` +
	`weather of a city.","parameters":{"type":"object","properties":{"city":{"type":"string",` +
	`"description":"The city."}},"required":["city"]}}}]`

func TestAToolIsCalledAndItsResultUsed(t *testing.T) {
	session := newSession(t, load(t), greedy())
	ok(t, session.SetToolsJSON(toolsJSON))
	var call, last gemma4.Event
	err := session.Generate(background, "What is the weather in Paris?", func(e gemma4.Event) error {
		if e.Kind == gemma4.EventToolCall {
			call = e
		}
		last = e
		return nil
	})
	ok(t, err)
	equal(t, `get_weather {"city":"Paris"}`, call.ToolName+" "+call.ToolArgumentsJSON)
	equal(t, 0, call.ToolCallID)
	equal(t, gemma4.EndToolCalls, last.EndReason)
	fails(t, gemma4.ErrInvalidArgument, "1", session.AddToolResult(1, "x"))
	ok(t, session.AddToolResultJSON(0, `{"sky": "sunny", "temperature": 21}`))
	equal(t, "It is sunny in Paris and 21 degrees.", rest(t, session))
}

// rest is the text of the answer to what was appended.
func rest(t *testing.T, session *gemma4.Session) string {
	t.Helper()
	text := ""
	ok(t, session.Continue(background, func(event gemma4.Event) error {
		text += event.Text
		return nil
	}))
	return text
}

func TestThoughtsAreApartFromText(t *testing.T) {
	session := newSession(t, load(t), greedy())
	ok(t, session.SetThinking(true))
	text, thought := "", ""
	ok(t, session.Generate(background, "What is 8 * 7?", func(event gemma4.Event) error {
		text += event.Text
		thought += event.Thought
		return nil
	}))
	equal(t, "8 * 7 = 56", text)
	equal(t, true, strings.Contains(thought, "I compute it"))
}

func TestAForkGoesItsOwnWay(t *testing.T) {
	session := newSession(t, load(t), greedy())
	ok(t, session.AddUser(question))
	ok(t, session.Prefill(background, nil))
	fork, err := session.Fork()
	ok(t, err)
	defer fork.Close()
	equal(t, answer, rest(t, fork))
	ok(t, fork.AddUser("What is 7 + 5?"))
	equal(t, "7 + 5 = 12", rest(t, fork))
	ok(t, session.SetSampler(gemma4.Greedy()))
	equal(t, answer, rest(t, session))
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestASessionIsSavedAndRestored(t *testing.T) {
	model := load(t)
	session, other := newSession(t, model, greedy()), newSession(t, model, greedy())
	ok(t, session.AddUser(question))
	ok(t, session.Prefill(background, nil))
	path := filepath.Join(t.TempDir(), "slot 🙂.g4s")
	var saved bytes.Buffer
	ok(t, session.SaveFile(path))
	ok(t, session.Save(background, &saved))
	ok(t, other.RestoreFile(path))
	equal(t, answer, rest(t, other))
	ok(t, other.Restore(background, bytes.NewReader(saved.Bytes())))
	equal(t, session.Position(), other.Position())
	equal(t, answer, rest(t, other))

	position := other.Position()
	err := other.Restore(background, bytes.NewReader(saved.Bytes()[:saved.Len()/2]))
	equal(t, io.ErrUnexpectedEOF, err)
	mine := errors.New("the disk is full")
	equal(t, mine, session.Save(background, brokenWriter{mine}))
	saved.Bytes()[saved.Len()/2] ^= 1
	fails(t, gemma4.ErrCorrupt, "", other.Restore(background, &saved))
	equal(t, position, other.Position())
}

func TestWholeConversations(t *testing.T) {
	request := `{"messages":[{"role":"user","content":"What is 7 + 5?"},{"role":"assistant",` +
		`"content":"7 + 5 = 12"},{"role":"user","content":"` + question +
		`"}],"add_generation_prompt":true}`
	model := load(t)
	told, whole := newSession(t, model, greedy()), newSession(t, model, greedy())
	ok(t, told.AddUser("What is 7 + 5?"))
	ok(t, told.AddModel("7 + 5 = 12"))
	ok(t, told.AddUser(question))
	ok(t, whole.SetMessagesJSON(request))
	equal(t, told.Position(), whole.Position())
	expected := rest(t, told)
	equal(t, expected, rest(t, whole))
	ok(t, whole.SetMessagesJSON(request))
	event, err := whole.Step(background)
	ok(t, err)
	if event.NumTokensReused < 10 {
		t.Fatalf("%d were reused", event.NumTokensReused)
	}
	ids, err := model.RenderJSONIDs(request)
	ok(t, err)
	text, err := model.RenderJSON(request)
	ok(t, err)
	same, err := model.Detokenize(ids)
	ok(t, err)
	equal(t, text, same)
	ok(t, whole.SetIDs(ids))
	equal(t, expected, rest(t, whole))
}

func TestAReplyFollowsASchemaOrAGrammar(t *testing.T) {
	model := load(t)
	schema, grammar, broken := gemma4.Greedy(), gemma4.Greedy(), gemma4.Greedy()
	schema.JSONSchema = `{"enum":["calm","angry"]}`
	grammar.Grammar = `root ::= "yes" | "no"`
	broken.JSONSchema = "{"
	text, _ := ask(t, newSession(t, model, &gemma4.SessionOptions{Sampler: schema}), question)
	if text != `"calm"` && text != `"angry"` {
		t.Fatal(text)
	}
	text, _ = ask(t, newSession(t, model, &gemma4.SessionOptions{Sampler: grammar}), question)
	if text != "yes" && text != "no" {
		t.Fatal(text)
	}
	_, err := model.NewSession(&gemma4.SessionOptions{Sampler: broken})
	fails(t, gemma4.ErrInvalidArgument, "schema", err)

	sampler := gemma4.Greedy()
	sampler.RequiresToolCall = true
	session := newSession(t, model, &gemma4.SessionOptions{Sampler: sampler})
	ok(t, session.SetToolsJSON(toolsJSON))
	called := ""
	ok(t, session.Generate(background, question, func(event gemma4.Event) error {
		called += event.ToolName
		return nil
	}))
	equal(t, "get_weather", called)
}

func TestStopStringsLogprobsScoresVectors(t *testing.T) {
	model := load(t)
	options := greedy()
	options.StopStrings = []string{"no such 🙂", "France is"}
	options.Logprobs, options.NumTopLogprobs = true, 2
	text := ""
	session := newSession(t, model, options)
	ok(t, session.Generate(background, question, func(event gemma4.Event) error {
		text += event.Text
		if event.Kind == gemma4.EventText && event.TokenID >= 0 {
			equal(t, 2, len(event.TopLogprobs))
			equal(t, gemma4.TokenLogprob{TokenID: event.TokenID, Logprob: event.Logprob},
				event.TopLogprobs[0]) // greedy
		}
		if event.Kind == gemma4.EventEnd {
			equal(t, gemma4.EndStopString, event.EndReason)
		}
		return nil
	}))
	equal(t, "The capital of ", text)

	session = newSession(t, model, greedy())
	ok(t, session.AddUser(question))
	score := func(text string) float32 {
		fork, err := session.Fork()
		ok(t, err)
		defer fork.Close()
		ids, err := model.Tokenize(text, 0)
		ok(t, err)
		scores, err := fork.Score(background, ids)
		ok(t, err)
		return scores[0]
	}
	if likely, unlikely := score("The capital"), score("capital The"); likely <= unlikely {
		t.Fatalf("%v is not more than %v", likely, unlikely)
	}
	ids, err := model.Tokenize("hello", 0)
	ok(t, err)
	vector, err := session.Embed(background, ids, model.HiddenSize(), gemma4.PoolingMean, true)
	ok(t, err)
	square := float64(0)
	for _, x := range vector {
		square += float64(x) * float64(x)
	}
	if math.Abs(square-1) > 1e-3 {
		t.Fatalf("its length is the root of %v", square)
	}
}

func TestWhatACheckpointIsAndTakes(t *testing.T) {
	info, err := gemma4.Inspect(demoModel())
	ok(t, err)
	defer info.Close()
	equal(t, "safetensors custom", info.Format()+" "+info.Variant())
	equal(t, []int{2048, 256, 10, 5, 64, 4096}, []int{info.VocabSize(), info.HiddenSize(),
		info.NumLayers(), info.NumKVLayers(), info.SlidingWindow(), info.MaxContextTokens()})
	equal(t, true, info.HasTokenizer())
	inMemory, err := gemma4.InspectFiles(files(t))
	ok(t, err)
	defer inMemory.Close()
	equal(t, 2048, inMemory.VocabSize())
	tensors, err := info.Tensors()
	ok(t, err)
	isThere := false
	for _, tensor := range tensors {
		isThere = isThere || tensor.Shape == "[2048, 256]" && tensor.Type == "BF16" &&
			tensor.SizeBytes == 2048*256*2 && tensor.Use == gemma4.TensorUsed
	}
	equal(t, true, isThere)
	few, err := info.EstimateMemory(nil, &gemma4.SessionOptions{MaxContextTokens: 256})
	ok(t, err)
	many, err := info.EstimateMemory(&gemma4.LoadOptions{Weights: gemma4.WeightsExact}, nil)
	ok(t, err)
	if few.KVBytes >= many.KVBytes || few.WeightsResidentBytes >= many.WeightsResidentBytes {
		t.Fatalf("%+v is not less than %+v", few, many)
	}
	equal(t, few.ResidentBytes, few.WeightsResidentBytes+few.KVBytes+few.ScratchBytes)

	model, err := gemma4.Load(background, demoModel(), &gemma4.LoadOptions{Weights: gemma4.WeightsInt8})
	ok(t, err)
	defer model.Close()
	equal(t, gemma4.WeightsInt8, model.Weights())
	if len(model.StopTokenIDs()) == 0 || model.NumThreads() == 0 || model.PrefillChunkTokens() == 0 {
		t.Fatal("a number is missing")
	}
	equal(t, true, gemma4.HasFeature("gguf"))
	equal(t, false, gemma4.HasFeature("nonsense"))
	if !strings.Contains(gemma4.BuildInfo(), gemma4.Version()) {
		t.Fatal(gemma4.BuildInfo())
	}
}
