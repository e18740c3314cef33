package membus_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/membus"
)

// victim names the journal that this program is to be killed with, when it is
// started by the test as a process of its own.
const victim = "MEMBUS_TEST_VICTIM"

// TestVictim is no test but the process that TestKill kills. It says, settles
// and sets aside as fast as it can, and tells of each before and after.
func TestVictim(t *testing.T) {
	t.Parallel()
	if os.Getenv(victim) == "" {
		t.Skip("is run by TestKill")
	}
	b, err := membus.Open(victimConfig(os.Getenv(victim)))
	if err != nil {
		t.Fatal(err)
	}
	payment, notify := mustHoldAll(t, b, "payment"), mustHoldAll(t, b, "notify")
	for {
		ms := messages(20)
		mustPublish(t, b, ms...)
		tell("said", idsOf(ms)...)
		settleSome(t, "payment", payment)
		settleSome(t, "notify", notify)
	}
}

// victimConfig has the journal written anew every few batches, so that it is
// also killed while it does that.
func victimConfig(path string) membus.Config { return membus.Config{Path: path, Slack: 64 << 10} }

// settleSome leaves every tenth as it is and rejects every hundredth.
func settleSome(t *testing.T, hearer string, q bus.Queue) {
	for _, d := range q.Receive(40) {
		switch d.ID[0] % 100 {
		case 0:
			tell(hearer+" buries", d.ID)
			if err := q.Reject(d); err != nil {
				t.Fatal(err)
			}
			tell(hearer+" buried", d.ID)
		case 1, 2, 3, 4, 5, 6, 7, 8, 9:
		default:
			tell(hearer+" settles", d.ID)
			if err := q.Ack(d); err != nil {
				t.Fatal(err)
			}
			tell(hearer+" settled", d.ID)
		}
	}
}

// tell writes one line at once, with no buffer that would die with the process.
func tell(what string, ids ...uuid.UUID) {
	line := what
	for _, id := range ids {
		line += " " + id.String()
	}
	fmt.Println("> " + line)
}

// What was confirmed is there after kill -9 unless it was settled, what was
// settled is not, and dead letters are still dead: round after round on one
// journal.
func TestKill(t *testing.T) {
	t.Parallel()
	journal := path(t)
	said := map[string]bool{}
	told := map[string]map[string]bool{} // ids by what was told, over all rounds
	for round := range 8 {
		for _, line := range runAndKill(t, journal, 200+round*397) {
			note(said, told, line)
		}
		check(t, journal, said, told)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	t.Logf("%d confirmed, %d settled by payment, %d buried", len(said), len(told["payment settled"]), len(told["payment buried"]))
}

// runAndKill runs the victim until it has told n lines, kills it, and returns
// all that it had told.
func runAndKill(t *testing.T, journal string, n int) (lines []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), victim+"="+journal)
	var others, complaints bytes.Buffer // for when it dies of itself
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			if err != io.EOF {
				t.Fatal(err)
			}
			break // a line that was cut short was not told
		}
		if told, ok := strings.CutPrefix(line, "> "); ok {
			lines = append(lines, strings.TrimSpace(told))
		} else {
			others.WriteString(line)
		}
		if len(lines) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(lines) < n {
		t.Fatalf("victim ended after %d of %d lines by itself: %v\n%s%s", len(lines), n, err, &others, &complaints)
	}
	return lines
}

// note files what a line tells, as in "said id id" or "payment settled id".
func note(said map[string]bool, told map[string]map[string]bool, line string) {
	words := strings.Fields(line)
	if words[0] == "said" {
		for _, id := range words[1:] {
			said[id] = true
		}
		return
	}
	what := words[0] + " " + words[1]
	if told[what] == nil {
		told[what] = map[string]bool{}
	}
	told[what][words[2]] = true
}

// check looks at the journal as the next process would find it, and settles
// nothing.
func check(t *testing.T, journal string, said map[string]bool, told map[string]map[string]bool) {
	t.Helper()
	b, err := membus.Open(victimConfig(journal))
	if err != nil {
		t.Fatalf("Open after kill -9 = %v; want nil", err)
	}
	defer mustStop(t, b)
	for _, hearer := range []string{"payment", "notify"} {
		there, dead := everything(t, b, hearer), map[string]bool{}
		for _, m := range b.Dead(hearer) {
			dead[m.ID.String()] = true
		}
		for id := range said {
			if !there[id] && !told[hearer+" settles"][id] && !told[hearer+" buries"][id] {
				t.Errorf("%s of %s is confirmed, not settled and not there", id, hearer)
			}
		}
		for id := range told[hearer+" settled"] {
			if there[id] || dead[id] {
				t.Errorf("%s of %s is settled and still there", id, hearer)
			}
		}
		for id := range told[hearer+" buried"] {
			if there[id] || !dead[id] {
				t.Errorf("%s of %s is set aside: in its queue %v, dead %v; want false, true", id, hearer, there[id], dead[id])
			}
		}
	}
}

// everything returns the ids of all that a hearer would receive.
func everything(t *testing.T, b *membus.Broker, hearer string) map[string]bool {
	t.Helper()
	there := map[string]bool{}
	for _, d := range mustHoldAll(t, b, hearer).Receive(all) {
		there[d.ID.String()] = true
	}
	return there
}

// all is more than there is.
const all = 1 << 20

// mustHoldAll subscribes without a limit, so that what is left unsettled is in
// nobody's way.
func mustHoldAll(t *testing.T, b *membus.Broker, hearer string) bus.Queue {
	t.Helper()
	q, err := b.Connect(hearer).Subscribe(t.Context(), bus.Subscription{Queue: hearer, Types: []string{placed}, Prefetch: all})
	if err != nil {
		t.Fatalf("Subscribe(%s) = %v; want nil", hearer, err)
	}
	return q
}
