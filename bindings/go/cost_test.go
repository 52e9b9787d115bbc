//go:build cost

// What the binding adds to C: time for each token, and memory that does not come back. With
// bindings/tests/instant_steps.c loaded before everything else, so that steps take no time themselves:
//
//	go test -tags cost -run Cost -v -exec "env LD_PRELOAD=…/libbindings_instant_steps.so"
package gemma4_test

import (
	"context"
	"math"
	"os"
	"regexp"
	"runtime/debug"
	"sort"
	"strconv"
	"testing"
	"time"

	"gemma4"
)

const (
	tokensABatch     = 1000
	mostMicroseconds = 20.0
	mostMegabytes    = 4.0
)

// perToken measures batches of calls, each of which takes one token.
func perToken(t *testing.T, generate func(take func(gemma4.Event) error) error) {
	t.Helper()
	micros, numTokens, start := []float64{}, 0, time.Now()
	enough := context.Canceled
	err := generate(func(event gemma4.Event) error {
		if event.Text != " grüß" {
			t.Fatalf("found %q: nothing was preloaded", event.Text)
		}
		if numTokens++; numTokens%tokensABatch == 0 {
			micros = append(micros, float64(time.Since(start).Nanoseconds())/1e3/tokensABatch)
			start = time.Now()
		}
		if len(micros) == 41 {
			return enough
		}
		return nil
	})
	equal(t, enough, err)
	sort.Float64s(micros)
	t.Logf("%.2f us a token; median of the batches %.2f us", micros[0], micros[len(micros)/2])
	if micros[0] >= mostMicroseconds {
		t.Errorf("not less than %v us", mostMicroseconds)
	}
}

func TestCostOfAToken(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	session := newSession(t, load(t), nil)
	t.Run("a function for each event", func(t *testing.T) {
		perToken(t, func(take func(gemma4.Event) error) error {
			return session.Generate(ctx, question, take)
		})
	})
	t.Run("a push iterator", func(t *testing.T) {
		perToken(t, func(take func(gemma4.Event) error) (err error) {
			session.Events(ctx)(func(event gemma4.Event, failed error) bool {
				ok(t, failed)
				err = take(event)
				return err == nil
			})
			return err
		})
	})
	t.Run("single steps", func(t *testing.T) {
		perToken(t, func(take func(gemma4.Event) error) error {
			for {
				event, err := session.Step(ctx)
				ok(t, err)
				if err := take(event); err != nil {
					return err
				}
			}
		})
	})
}

var residentKilobytes = regexp.MustCompile(`VmRSS:\s*(\d+)`)

func residentMegabytes(t *testing.T) float64 {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	ok(t, err)
	kilobytes, err := strconv.ParseFloat(string(residentKilobytes.FindSubmatch(status)[1]), 64)
	ok(t, err)
	return kilobytes / 1e3
}

func flatMemory(t *testing.T, rounds int, round func()) {
	t.Helper()
	for i := 0; i < rounds/5; i++ {
		round()
	}
	// The runtime takes threads and spans once; what is lost is lost in every pass.
	grown := math.Inf(1)
	for pass := 0; pass < 5 && grown >= mostMegabytes; pass++ {
		before := residentMegabytes(t)
		for i := 0; i < rounds; i++ {
			round()
		}
		grown = residentMegabytes(t) - before
		t.Logf("%.1f MB, grown by %.2f MB in %d rounds", before+grown, grown, rounds)
	}
	if grown >= mostMegabytes {
		t.Errorf("not less than %v MB", mostMegabytes)
	}
}

func TestCostOfTenThousandSessions(t *testing.T) {
	model := load(t)
	options := greedy()
	options.StopStrings = []string{"no such"}
	flatMemory(t, 10000, func() {
		session, err := model.NewSession(options)
		ok(t, err)
		ok(t, session.AddUser(question))
		fails(t, gemma4.ErrInvalidArgument, "100000", session.Rewind(100000))
		ok(t, session.Close())
	})
}

func TestCostOfAHundredModels(t *testing.T) {
	options := &gemma4.LoadOptions{Progress: func(uint64, uint64) error { return nil }}
	flatMemory(t, 100, func() {
		model, err := gemma4.Load(background, demoModel(), options)
		ok(t, err)
		ok(t, model.Close())
	})
}
