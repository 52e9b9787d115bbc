//go:build go1.23

package gemma4_test

import "testing"

func TestEventsCanBeRangedOver(t *testing.T) {
	session := newSession(t, load(t), greedy())
	text := ""
	for event, err := range session.Stream(background, question) {
		ok(t, err)
		text += event.Text
		if len(text) > 10 {
			break
		}
	}
	for event, err := range session.Events(background) {
		ok(t, err)
		text += event.Text
	}
	equal(t, answer, text)
}
