package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/smtp"
	"net/textproto"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"orpheus.example/sandbox/internal/wiretest"
)

// Exit codes of curl (curl(1), EXIT CODES) that the examples provoke on
// purpose. All others but refusals over SMTP are failures of the test.
const (
	curlTimedOut   = 28
	curlEmptyReply = 52
)

// withCurl runs a command of the README in a shell.
func withCurl(t *testing.T, command string) (status, body string) {
	t.Helper()
	const mark = "\nstatus:"
	ctx, cancel := context.WithTimeout(t.Context(), wiretest.Patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "sh", "-c", command+" -w '"+strings.ReplaceAll(mark, "\n", `\n`)+"%{response_code}'").Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == curlTimedOut:
		return "nothing", ""
	case errors.As(err, &exit) && exit.ExitCode() == curlEmptyReply:
		return "lost", ""
	}
	body, status, _ = strings.Cut(string(out), mark)
	return status, body
}

// An invocation is what the README's commands ask of curl.
type invocation struct {
	url, method, body, from, to string
	header                      http.Header
	patience                    time.Duration
}

// understood runs a command of the README without a shell and without curl. It
// knows the words that the README uses and fails on all others.
func understood(t *testing.T, command string) (status, body string) {
	t.Helper()
	input, rest, piped := strings.Cut(command, " | ")
	if !piped {
		input, rest = "", command
	}
	c := parseCurl(t, words(rest))
	if piped {
		text := words(input) // printf TEXT
		c.body = strings.ReplaceAll(text[1], `\n`, "\r\n")
	}
	ctx, cancel := context.WithTimeout(t.Context(), c.patience)
	defer cancel()
	if strings.HasPrefix(c.url, "smtp://") {
		return c.mail()
	}
	return c.call(ctx, t)
}

func parseCurl(t *testing.T, args []string) invocation {
	t.Helper()
	c := invocation{method: http.MethodGet, header: http.Header{}, patience: wiretest.Patience}
	for i := 1; i < len(args); i++ {
		word, value := args[i], ""
		if strings.HasPrefix(word, "-") && word != "-s" {
			i++
			value = args[i]
		}
		switch word {
		case "-s":
		case "-X":
			c.method = value
		case "-H":
			name, text, _ := strings.Cut(value, ": ")
			c.header.Set(name, text)
		case "-d":
			c.method, c.body = http.MethodPost, value
		case "--max-time":
			seconds, err := strconv.Atoi(value)
			if err != nil {
				t.Fatalf("--max-time %s: %v", value, err)
			}
			c.patience = time.Duration(seconds) * time.Second
		case "--mail-from":
			c.from = value
		case "--mail-rcpt":
			c.to = value
		case "-T": // always "-", the input
		default:
			if strings.HasPrefix(word, "-") {
				t.Fatalf("the README uses curl %s, which this test does not know", word)
			}
			c.url = word
		}
	}
	return c
}

func (c invocation) call(ctx context.Context, t *testing.T) (status, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, c.method, c.url, bytes.NewReader([]byte(c.body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = c.header
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := once.Do(r)
	switch {
	case ctx.Err() != nil:
		return "nothing", ""
	case err != nil:
		return "lost", ""
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(answer.StatusCode), string(text)
}

func (c invocation) mail() (status, body string) {
	err := smtp.SendMail(strings.TrimPrefix(c.url, "smtp://"), nil, c.from, []string{c.to}, []byte(c.body))
	var refused *textproto.Error
	switch {
	case err == nil:
		return "250", ""
	case errors.As(err, &refused):
		return strconv.Itoa(refused.Code), ""
	}
	return "lost", ""
}

// words splits a command at spaces, but not within single quotes.
func words(command string) (all []string) {
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}
