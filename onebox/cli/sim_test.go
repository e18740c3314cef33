package cli_test

import (
	"strings"
	"testing"

	"orpheus.example/onebox/cli"
)

// TestSimLooksForTrouble runs some schedules, tells one twice, and is asked for
// what makes no sense.
func TestSimLooksForTrouble(t *testing.T) {
	t.Parallel()
	s := &stage{t: t, env: map[string]string{}}
	out, complaint, code := s.run("sim", "--schedules", "3", "--workers", "1", "--orders", "1")
	if code != cli.ExitOK || !strings.Contains(out, "3 schedules in") {
		t.Errorf("sim --schedules 3 = %d, %s%s; want %d and a summary", code, out, complaint, cli.ExitOK)
	}
	told, _, code := s.run("sim", "--replay", "7", "--orders", "1")
	again, _, _ := s.run("sim", "--replay", "7", "--orders", "1")
	if code != cli.ExitOK || told != again || !strings.Contains(told, "order says OrderPlaced of order 0") {
		t.Errorf("sim --replay 7 = %d, %s; want %d and the same transcript twice", code, told, cli.ExitOK)
	}
	if _, complaint, code := s.run("sim", "--orders", "0"); code != cli.ExitUsage || complaint == "" {
		t.Errorf("sim --orders 0 = %d, %q; want %d and a complaint", code, complaint, cli.ExitUsage)
	}
}
