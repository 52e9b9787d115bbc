// Package gemma4 runs Gemma 4 on CPUs, inside your program.
//
//	model, err := gemma4.Load(ctx, "gemma-4-E2B.gguf", nil)
//	defer model.Close()
//	session, err := model.NewSession(nil)
//	defer session.Close()
//	err = session.Generate(ctx, "Tell me a story.", func(event gemma4.Event) error {
//		fmt.Print(event.Text)
//		return nil
//	})
//
// What fails returns an *Error with the library's code and text: errors.Is(err, gemma4.ErrNotFound).
// A context that is cancelled ends a call within a layer's time; its error then is both ErrCancelled
// and what the context says.
//
// Models and sessions must be closed, in any order. Closing again does nothing; closing while another
// goroutine is in a call takes effect when that has returned.
package gemma4

import "gemma4/flat"

// Version is that of the native library: "0.1.0".
func Version() string { return flat.Gemma4_version() }

// BuildInfo is one line for bug reports: version, compiler, architecture.
func BuildInfo() string { return flat.Gemma4_build_info() }

// HasFeature tells whether the native library has a feature: "gguf", "time_budget", ...
func HasFeature(name string) bool { return flat.Gemma4_has_feature(name) != 0 }
