package gemma4

import (
	"context"

	"gemma4/flat"
)

// whileActive calls with a native flag that is set when the context is done; 0 for one that never is.
func whileActive(ctx context.Context, call func(cancel uintptr) error) error {
	if ctx == nil || ctx.Done() == nil {
		return call(0)
	}
	created := make([]uintptr, 1)
	if err := flat.Gemma4_cancel_create(created); err != nil {
		return err
	}
	flag := created[0]
	if ctx.Err() != nil {
		flat.Gemma4_cancel_set(flag)
	}
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
			flat.Gemma4_cancel_set(flag)
		case <-over:
		}
	}()
	defer func() { // the flag is freed after its last use
		close(over)
		<-stopped
		flat.Gemma4_cancel_free(flag)
	}()
	return call(flag)
}
