// Asks a model one question and prints the answer as it is made: gemma4.Load, NewSession, Generate.
// Ctrl-C ends it.
//
//	go run . MODEL QUESTION
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"gemma4"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := chat(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func chat(ctx context.Context, path, question string) error {
	model, err := gemma4.Load(ctx, path, nil)
	if err != nil {
		return err
	}
	defer model.Close()
	session, err := model.NewSession(nil)
	if err != nil {
		return err
	}
	defer session.Close()
	err = session.Generate(ctx, question, func(event gemma4.Event) error {
		_, err := fmt.Print(event.Text)
		return err
	})
	fmt.Println()
	return err
}
