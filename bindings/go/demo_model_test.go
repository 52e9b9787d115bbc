package gemma4_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gemma4"
)

// The demo model of the repository.
const (
	question = "What is the capital of France?"
	answer   = "The capital of France is Paris."
)

var background = context.Background()

func demoModel() string {
	if path := os.Getenv("GEMMA4_DEMO_MODEL"); path != "" {
		return path
	}
	return "../../tools/demo_model"
}

func load(t *testing.T) *gemma4.Model {
	t.Helper()
	model, err := gemma4.Load(background, demoModel(), nil)
	ok(t, err)
	t.Cleanup(func() { model.Close() })
	return model
}

func newSession(t *testing.T, model *gemma4.Model, options *gemma4.SessionOptions) *gemma4.Session {
	t.Helper()
	session, err := model.NewSession(options)
	ok(t, err)
	t.Cleanup(func() { session.Close() })
	return session
}

func greedy() *gemma4.SessionOptions {
	return &gemma4.SessionOptions{Sampler: gemma4.Greedy()}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, expected, actual any) {
	t.Helper()
	if !reflect.DeepEqual(expected, actual) {
		t.Fatalf("found %#v, expected %#v", actual, expected)
	}
}

// fails checks the code of an error, and that its message names the word.
func fails(t *testing.T, code gemma4.Code, word string, err error) {
	t.Helper()
	var failed *gemma4.Error
	if !errors.Is(err, code) || !errors.As(err, &failed) || failed.Code != code {
		t.Fatalf("found the error %v, expected %q", err, code)
	}
	if !strings.Contains(err.Error(), word) {
		t.Fatalf("%q does not name %s", err, word)
	}
}

// ask returns the text and the token ids of an answer.
func ask(t *testing.T, session *gemma4.Session, prompt string) (string, []int32) {
	t.Helper()
	text, ids := "", []int32{}
	ok(t, session.Generate(background, prompt, func(event gemma4.Event) error {
		text += event.Text
		if event.Kind == gemma4.EventText && event.TokenID >= 0 {
			ids = append(ids, event.TokenID)
		}
		return nil
	}))
	return text, ids
}

func files(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"*.json", "*.safetensors"} {
		paths, err := filepath.Glob(filepath.Join(demoModel(), pattern))
		ok(t, err)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			ok(t, err)
			all[filepath.Base(path)] = data
		}
	}
	return all
}

// repliesOfC are question to token ids, as bindings/tests/reply_tokens.c wrote them.
func repliesOfC(t *testing.T) map[string][]int32 {
	t.Helper()
	path := os.Getenv("GEMMA4_REPLY_TOKENS")
	if path == "" {
		t.Skip("GEMMA4_REPLY_TOKENS does not name the file that bindings_reply_tokens writes")
	}
	data, err := os.ReadFile(path)
	ok(t, err)
	replies := map[string][]int32{}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		parts := strings.Split(line, "\t")
		for _, number := range strings.Fields(parts[1]) {
			id, err := strconv.Atoi(number)
			ok(t, err)
			replies[parts[0]] = append(replies[parts[0]], int32(id))
		}
	}
	return replies
}

// filesThatAnswerWithAnEmoji have the same weights and other names for four tokens, so that the answer
// to the question has the four bytes of U+1F600 as its tokens 1 to 4.
func filesThatAnswerWithAnEmoji(t *testing.T, plain *gemma4.Model, ids []int32) map[string][]byte {
	t.Helper()
	all := files(t)
	json := string(all["tokenizer.json"])
	for i, name := range []string{"<0xF0>", "<0x9F>", "<0x98>", "<0x80>"} {
		id := ids[1+i]
		piece, err := plain.Detokenize([]int32{id})
		ok(t, err)
		piece = strings.ReplaceAll(piece, " ", "\u2581")
		entry := regexp.MustCompile(`"` + name + `": (\d+),`).FindStringSubmatch(json)
		json = strings.Replace(json, entry[0], `"`+piece+`": `+entry[1]+",", 1)
		// The piece's own entry is the one with its id.
		own := `": ` + strconv.Itoa(int(id)) + ","
		json = strings.Replace(json, `"`+piece+own, `"`+name+own, 1)
	}
	all["tokenizer.json"] = []byte(json)
	return all
}
