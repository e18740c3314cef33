package sandbox_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"orpheus.example/sandbox"
)

// start serves a fresh world on free ports until the test ends.
func start(t *testing.T, c sandbox.Config) (world *sandbox.World, http, smtp string) {
	t.Helper()
	world, err := sandbox.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	web, mail := listen(t), listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- world.Serve(ctx, web, mail) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve = %v; want nil", err)
		}
		if err := world.Close(); err != nil {
			t.Errorf("Close = %v; want nil", err)
		}
	})
	return world, web.Addr().String(), mail.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// An example is one command of the README and the line under it, which says
// what comes back: a status and words of the body, "lost" or "nothing".
type example struct{ command, want string }

var block = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

func examples(t *testing.T) (all []example) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range block.FindAllStringSubmatch(string(text), -1) {
		for one := range strings.SplitSeq(strings.TrimSpace(b[1]), "\n\n") {
			command, want, ok := strings.Cut(one, "\n# ")
			if !ok {
				t.Fatalf("README: no line says what comes back from %s", one)
			}
			all = append(all, example{strings.ReplaceAll(command, "\\\n", ""), want})
		}
	}
	return all
}

// check compares what came back with the line under the command.
func (e example) check(t *testing.T, status, body string) {
	t.Helper()
	words := strings.Fields(e.want)
	if status != words[0] {
		t.Errorf("%s\n= %s %s; want %s", e.command, status, body, e.want)
		return
	}
	rest, _ := strings.CutPrefix(e.want, words[0])
	for _, word := range splitWords(rest) {
		if !strings.Contains(body, word) {
			t.Errorf("%s\n= %s; want it to hold %s", e.command, body, word)
		}
	}
}

// splitWords splits at spaces, but not within a JSON member such as
// "text":"It is on its way.".
func splitWords(s string) []string {
	return regexp.MustCompile(`"\w+":"[^"]*"|\S+`).FindAllString(s, -1)
}

// TestReadme runs every command of the README in order: with a small
// understanding of curl's words, because curl may not be installed, and with
// curl itself where it is.
func TestReadme(t *testing.T) {
	t.Parallel()
	all := examples(t)
	if len(all) < 30 {
		t.Fatalf("README has %d examples; want 30 or more, or the parser is wrong", len(all))
	}
	t.Run("understood", func(t *testing.T) {
		t.Parallel()
		runReadme(t, all, understood)
	})
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Log("curl is not installed: the examples ran without it")
		return
	}
	t.Run("with_curl", func(t *testing.T) {
		t.Parallel()
		t.Log("the examples also run with", curl)
		runReadme(t, all, withCurl)
	})
}

func runReadme(t *testing.T, all []example, run func(*testing.T, string) (status, body string)) {
	t.Helper()
	_, http, smtp := start(t, sandbox.Config{Speed: 20}) // a slow answer takes 150 ms
	there := strings.NewReplacer(sandbox.DefaultListen, http, sandbox.DefaultSMTP, smtp)
	for _, e := range all {
		e.command = there.Replace(e.command)
		status, body := run(t, e.command)
		e.check(t, status, body)
	}
}
