package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"orpheus.example/kit/decidertest"
)

// What one byte of a script means: its low bits say which step, the others how.
const (
	hear     = iota // the fact that the high bits name
	refunded        // one of a few refunds
	send            // the mail that is owed; its answer may be lost, or be a no
	settle          // an old answer of the mail server comes once more
	pass            // time passes
	steps
)

const (
	lost = 1 << 4 // of send: the mail goes, its answer is lost
	no   = 1 << 5 // of send: the mail server refuses it for good
)

// FuzzDecide makes the mails of one order out of bytes: facts in any order and
// any number of times, and a mail server whose answers get lost. The laws of
// deciders hold after every step; at the end everybody is told everything.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{hear, send, hear | 1<<4, send, hear | 2<<4, send})
	f.Add([]byte{hear | 2<<4, hear | 1<<4, hear, send | lost, send, send, send})
	f.Add([]byte{refunded, hear | 1<<4, pass, send, hear, send, send})
	f.Add([]byte{hear | 3<<4, pass, hear, send | no, refunded | 1<<4, settle, send, hear | 2<<4, hear | 1<<4})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 96 {
			return // longer lives show nothing new
		}
		l := life{T: t, now: noon, told: map[string]int{}}
		for _, b := range script {
			l.step(int(b&0xf)%steps, b)
		}
		l.end()
	})
}

// A life is the mails of one order, and the mail server's own memory of them.
type life struct {
	*testing.T
	state   State
	now     time.Time
	heard   []string       // ids of all facts
	gone    []Mail         // what the mail server took, in order; the same id only once
	told    map[string]int // how often the log says that a mail is settled
	answers []Command
}

func (l *life) step(step int, b byte) {
	high := int64(b >> 4)
	switch step {
	case hear:
		l.hear(fact(fmt.Sprint("m", high+1), News(high%8+1), high+1))
	case refunded:
		l.hear(Mail{ID: fmt.Sprint("r", high%4), Order: "o1", News: Refunded, Refund: Money{high, "EUR"}})
	case send:
		l.send(b&lost != 0, b&no != 0)
	case settle:
		if len(l.answers) > 0 {
			l.ask(l.answers[int(high)%len(l.answers)])
		}
	case pass:
		l.now = l.now.Add(time.Duration(high) * time.Second)
		if at, ask, ok := Wake(l.state); ok && !at.After(l.now) {
			l.ask(ask)
		}
	}
}

func (l *life) hear(m Mail) {
	if !slices.Contains(l.heard, m.ID) {
		l.heard = append(l.heard, m.ID)
	}
	until := l.now.Add(10 * time.Second)
	if m.News == Refunded {
		until = time.Time{}
	}
	l.ask(Tell{m, until})
}

// send does what is owed. The mail server takes a message, or refuses it for
// good; its answer may be lost.
func (l *life) send(lost, no bool) {
	for _, d := range Owe(l.state) {
		m := d.Do.Mail
		if m.Email == "" {
			l.Fatalf("%s is owed to nobody", m.ID)
		}
		var answer Command = NoteRefused{m.ID, "550", "no"}
		if !no {
			answer = NoteSent{m.ID}
			l.take(m)
		}
		if !lost {
			l.answers = append(l.answers, answer)
			l.ask(answer)
		}
	}
}

// take is the mail server's side. A message that it has is the same message.
func (l *life) take(m Mail) {
	if slices.ContainsFunc(l.gone, func(o Mail) bool { return o.ID == m.ID }) {
		return
	}
	for _, o := range l.gone {
		if m.Number != 0 && o.Number > m.Number && m.Number > l.state.Waited {
			l.Fatalf("%s goes after %s, though nobody had given it up", m.ID, o.ID)
		}
	}
	l.gone = append(l.gone, m)
}

func (l *life) ask(c Command) {
	for _, law := range decidertest.Laws(mails, l.state, c) {
		if law.Broken != nil {
			l.Fatalf("%+v: %s: %v", c, law.Name, law.Broken)
		}
	}
	events, err := Decide(l.state, c)
	if err != nil {
		l.Fatalf("%+v is refused: %v", c, err)
	}
	for _, e := range events {
		switch e := e.(type) {
		case WasSent:
			l.told[e.ID]++
		case WasRefused:
			l.told[e.ID]++
		default: // settles nothing
		}
		l.state = Evolve(l.state, e)
	}
	if n := len(Owe(l.state)); n > 1 {
		l.Fatalf("%d mails are owed at a time", n)
	}
}

// end lets all waits end and all mails go, and counts.
func (l *life) end() {
	for range 100 {
		if _, _, waits := Wake(l.state); !waits && len(Owe(l.state)) == 0 {
			break
		}
		l.now = l.now.Add(time.Minute)
		l.step(pass, pass)
		l.send(false, false)
	}
	for _, id := range l.heard {
		want := 1
		if l.state.Email == "" {
			want = 0 // only refunds were heard, and nobody knows of whom
		}
		if l.told[id] != want {
			l.Fatalf("%s was told %d times, want %d", id, l.told[id], want)
		}
	}
}
