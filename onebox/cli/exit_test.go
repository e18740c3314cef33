package cli_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"orpheus.example/onebox/cli"
)

// nowhere is an address at which nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestUnreachableIsAnExitCodeOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"order list", "order watch 00000000-0000-0000-0000-000000000000", "stock list", "stock watch",
		"payment list", "shipment list", "mail list", "lag", "dlq list", "dlq log", "load", "load --no-verify", "verify", "doctor",
	} {
		t.Run(strings.ReplaceAll(command, " ", "_"), func(t *testing.T) {
			t.Parallel()
			s := &stage{t: t, env: map[string]string{}}
			for _, name := range []string{"ORDER", "PAYMENT", "INVENTORY", "SHIPPING", "NOTIFY"} {
				s.env["ORPHEUS_"+name+"_ADDR"] = nowhere(t)
			}
			if _, complaint, code := s.run(strings.Fields(command)...); code != cli.ExitUnreachable || complaint == "" {
				t.Errorf("%s = %d, %q; want %d and a complaint", command, code, complaint, cli.ExitUnreachable)
			}
		})
	}
}

// TestWhatIsLeftOfTheServicesIsShown takes two services away, of which one has dead
// letters. The others still answer; nobody says for the two that they have none.
func TestWhatIsLeftOfTheServicesIsShown(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	s.run("stock", "add", "TEAPOT", "A teapot", "21.50", "--pieces", "3")
	s.direct("settle")
	s.printed("order place TEAPOT")
	s.direct("poison")
	s.direct("settle")
	if _, complaint, code := s.run("dlq", "discard", "--order", s.last, "--service", "order", "--reason", "a test", "--operator", "ann"); code != cli.ExitOK {
		t.Fatalf("dlq discard = %d, %q; want 0", code, complaint)
	}
	s.env["ORPHEUS_PAYMENT_ADDR"], s.env["ORPHEUS_ORDER_ADDR"] = nowhere(t), nowhere(t)
	for command, want := range map[string]string{
		"lag":                              "inventory  dead letters",
		"dlq list":                         "inventory  " + s.last,
		"dlq list -o json":                 `"inventory": {`,
		"dlq list --service order,payment": "",
		"dlq log":                          "TIME",
	} {
		out, complaint, code := s.run(strings.Fields(command)...)
		named := strings.Contains(complaint, "no answer from order: ") && strings.Contains(complaint, "no answer from payment: ")
		if code != cli.ExitUnreachable || !named || !strings.Contains(out, want) || strings.Contains(out, "No dead letters") {
			t.Errorf("%s = %d, %q, %q; want %d, %q, and both named", command, code, out, complaint, cli.ExitUnreachable, want)
		}
	}
	// What makes no sense is refused as ever.
	if _, complaint, code := s.run("dlq", "list", "--letter", "yesterday"); code != cli.ExitRefused || !strings.Contains(complaint, "must be a UUID") {
		t.Errorf("dlq list --letter yesterday = %d, %q; want %d and why", code, complaint, cli.ExitRefused)
	}
}

// TestVerifyNamesMoneyOfNobody has somebody else take money in the name of an
// order that does not exist, which only the provider's books show.
func TestVerifyNamesMoneyOfNobody(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	s.direct("settle") // so that all views are there
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.env["ORPHEUS_SANDBOX_URL"]+"/provider/authorizations",
		strings.NewReader(`{"reference":"nobody","amount":4200,"currency":"EUR","token":"tok_ok"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", "k")
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // the sandbox waits for connections when it ends
	answer, err := web.Do(r)
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("authorize: %v, %v", answer, err)
	}
	answer.Body.Close()
	out, complaint, code := s.run("verify")
	if code != cli.ExitViolated || !strings.Contains(out, "WRONG  provider  nobody: is no order of ours") {
		t.Errorf("verify = %d, %q, %q; want %d and the stranger named", code, out, complaint, cli.ExitViolated)
	}
	if out, _, code := s.run("verify", "-o", "json"); code != cli.ExitViolated || !strings.Contains(out, `"id": "nobody"`) {
		t.Errorf("verify -o json = %d, %s; want %d and the stranger named", code, out, cli.ExitViolated)
	}
}

// TestWatchFollowsAnOrder watches while the order lives, and ends with it.
func TestWatchFollowsAnOrder(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	s.run("stock", "add", "TEAPOT", "A teapot", "21.50", "--pieces", "3")
	s.direct("settle")
	type printed struct {
		out, complaint string
		code           int
	}
	ended := make(chan printed, 1)
	s.printed("order place TEAPOT")
	go func() {
		out, complaint, code := s.run("order", "watch", s.last)
		ended <- printed{out, complaint, code}
	}()
	for range 3 {
		s.direct("advance 10s")
	}
	got := <-ended
	if got.code != cli.ExitOK || strings.Count(got.out, "\n") != 10 || !strings.HasSuffix(got.out, "delivered after 20.0 s\n") {
		t.Errorf("order watch = %d, %q\n%s", got.code, got.complaint, got.out)
	}
}
