package instantmailer_test

import (
	"testing"

	"orpheus.example/notify/instantmailer"
	"orpheus.example/notify/notifyd"
)

func TestEveryMailIsTaken(t *testing.T) {
	t.Parallel()
	if err := (instantmailer.Mailer{}).Send(t.Context(), notifyd.Message{ID: "m1@orpheus.example"}); err != nil {
		t.Errorf("Send() = %v; want nil", err)
	}
}

func TestIsTellsItsOwnAddress(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]bool{"instant:": true, "localhost:25": false, "": false} {
		if got := instantmailer.Is(server); got != want {
			t.Errorf("Is(%q) = %t; want %t", server, got, want)
		}
	}
}
