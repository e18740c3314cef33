package devstack

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"orpheus.example/kit/servers/servertest"
)

// rabbit is the first of kinds.
func rabbit() kind { return kinds()[0] }

// A hearer collects what is said.
type hearer []string

func (h *hearer) say(line string) { *h = append(*h, line) }

func TestEnvironmentIsTakenIfItAnswers(t *testing.T) {
	// Not parallel: the environment belongs to the whole program.
	url := servertest.RabbitURL(t)
	t.Setenv(servertest.RabbitEnv, url)
	p, err := rabbit().provide(t.Context(), new(hearer).say)
	if err != nil || p.URL != url || p.Env != servertest.RabbitEnv {
		t.Errorf("provide() = %+v, %v; want %q from the environment", p, err, url)
	}
}

func TestEnvironmentThatDoesNotAnswerIsSaid(t *testing.T) {
	// Not parallel: the environment belongs to the whole program.
	t.Setenv(servertest.RabbitEnv, "amqp://127.0.0.1:1/")
	var heard hearer
	_, err := fromEnvironment(t.Context(), rabbit(), heard.say)
	if !errors.Is(err, errClosed) || len(heard) != 1 {
		t.Errorf("fromEnvironment(nobody there) = %v, said %q; want errClosed and one line", err, heard)
	}
}

func TestPrivateInstanceEnds(t *testing.T) {
	t.Parallel()
	servertest.RabbitURL(t) // skips where it cannot be had
	p, err := fromInstalled(t.Context(), rabbit(), new(hearer).say)
	if err != nil {
		t.Fatalf("fromInstalled() = %v; want nil", err)
	}
	if err := answersAMQP(t.Context(), p.URL); err != nil {
		t.Errorf("answers(%q) = %v; want nil", p.URL, err)
	}
	if err := p.End(); err != nil {
		t.Errorf("End() = %v; want nil", err)
	}
	if err := answersAMQP(t.Context(), p.URL); err == nil {
		t.Errorf("answers(%q) after End = nil; want an error", p.URL)
	}
}

// fakeDocker is a docker client that writes down how it is called, and says
// that every container listens where a real broker does.
const fakeDocker = `#!/bin/sh
echo "$@" >>%[1]s
case $1 in
port) echo %[2]s; echo '[::1]:1';;
esac
`

// TestDockerContainerIsUsedAndRemoved checks how docker is called: there is
// rarely an engine where this runs. The broker behind it is a real one.
func TestDockerContainerIsUsedAndRemoved(t *testing.T) {
	// Not parallel: the environment belongs to the whole program.
	broker, err := url.Parse(servertest.RabbitURL(t))
	if err != nil {
		t.Fatalf("url.Parse() = %v; want nil", err)
	}
	calls := filepath.Join(t.TempDir(), "calls")
	mustPutOnPath(t, "docker", fmt.Sprintf(fakeDocker, calls, broker.Host))
	p, err := fromDocker(t.Context(), rabbit(), new(hearer).say)
	if err != nil {
		t.Fatalf("fromDocker() = %v; want nil", err)
	}
	if want := "amqp://guest:guest@" + broker.Host + "/"; p.URL != want {
		t.Errorf("URL = %q; want %q", p.URL, want)
	}
	if err := p.End(); err != nil {
		t.Errorf("End() = %v; want nil", err)
	}
	text, _ := os.ReadFile(calls) // missing is wrong, too
	for _, want := range []string{"info\n", "run --detach --name orpheus-test-", "--publish 127.0.0.1::5672 rabbitmq:3", "rm --force --volumes orpheus-test-"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docker was called as\n%s; want %q in it", text, want)
		}
	}
}

func TestDockerWithoutEngineIsClosed(t *testing.T) {
	// Not parallel: the environment belongs to the whole program.
	mustPutOnPath(t, "docker", "#!/bin/sh\necho client\necho no engine >&2\nexit 1\n")
	_, err := fromDocker(t.Context(), rabbit(), new(hearer).say)
	if !errors.Is(err, errClosed) || !strings.Contains(err.Error(), "no engine") {
		t.Errorf("fromDocker(no engine) = %v; want errClosed with docker's reason", err)
	}
}

// mustPutOnPath puts a program before all others of that name.
func mustPutOnPath(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
		t.Fatalf("WriteFile(%q) = %v; want nil", name, err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// TestServicesAreDeniedMeanwhile looks at the policy during an installation
// and after it, where there was one before and where there was none.
func TestServicesAreDeniedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"none_before": "", "one_before": "#!/bin/sh\nexit 0\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := filepath.Join(t.TempDir(), "policy-rc.d")
			if before != "" {
				if err := os.WriteFile(policy, []byte(before), 0o755); err != nil {
					t.Fatalf("WriteFile() = %v; want nil", err)
				}
			}
			restore, err := denyServices(policy)
			if err != nil {
				t.Fatalf("denyServices() = %v; want nil", err)
			}
			if text, _ := os.ReadFile(policy); string(text) != denied {
				t.Errorf("policy meanwhile = %q; want %q", text, denied)
			}
			if err := restore(); err != nil {
				t.Errorf("restore() = %v; want nil", err)
			}
			if text, _ := os.ReadFile(policy); string(text) != before {
				t.Errorf("policy after = %q; want %q", text, before)
			}
		})
	}
}
