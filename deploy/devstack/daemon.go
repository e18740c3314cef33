package devstack

import (
	"fmt"
	"os"
	"path"
	"strings"
)

// SandboxName is the name of the daemon that plays the outside world.
const SandboxName = "sandbox"

// A Daemon is one program of the stack.
type Daemon struct {
	// Name tells it from the others: log file, record, and the argument of
	// Stack.Kill and its like.
	Name string

	// Service is whose work it does, which decides its database, its role and
	// its settings. The default is Name. Two daemons of one service are two
	// replicas.
	Service string

	// Package is what to build, as a path below the root of the repository.
	Package string

	// Port and Admin are added to Config.Base. They do not matter on free
	// ports.
	Port, Admin int

	// Idle keeps a daemon from being started with the stack. Stack.Start starts
	// it when it is wanted: a replica that comes and goes.
	Idle bool
}

// The ports of what is not a service, added to Config.Base.
const (
	sandboxPort  = 200
	smtpPort     = 225
	postgresPort = 432
	rabbitPort   = 672
)

// DefaultBase is where the well-known ports of a stack begin.
const DefaultBase = 7000

// Daemons returns all daemons of the shop, the sandbox first.
func Daemons() []Daemon {
	return []Daemon{
		{Name: SandboxName, Package: "./sandbox/cmd/sandboxd", Port: sandboxPort, Admin: smtpPort},
		{Name: "order", Package: "./order/cmd/orderd", Port: 1, Admin: 101},
		{Name: "payment", Package: "./payment/cmd/paymentd", Port: 2, Admin: 102},
		{Name: "inventory", Package: "./inventory/cmd/inventoryd", Port: 3, Admin: 103},
		{Name: "shipping", Package: "./shipping/cmd/shippingd", Port: 4, Admin: 104},
		{Name: "notify", Package: "./notify/cmd/notifyd", Port: 5, Admin: 105},
	}
}

// service returns whose work d does.
func (d Daemon) service() string {
	if d.Service != "" {
		return d.Service
	}
	return d.Name
}

// program is the file name of its binary. Replicas share it.
func (d Daemon) program() string { return path.Base(d.Package) }

// env is the environment of d. Later entries win, so what the caller asks for
// in Config.Env comes last.
func (s *Stack) env(d Daemon) []string {
	env := inherited()
	if d.Name == SandboxName {
		env = append(env, s.sandboxEnv()...)
	} else {
		env = append(env, s.serviceEnv(d)...)
	}
	env = append(env, s.config.Env[""]...)
	return append(env, s.config.Env[d.Name]...)
}

// sandboxEnv is what only the sandbox reads.
func (s *Stack) sandboxEnv() []string {
	return []string{
		"ORPHEUS_SANDBOX_LISTEN=" + s.Addr(SandboxName),
		"ORPHEUS_SANDBOX_SMTP=" + s.SMTP(),
		"ORPHEUS_SANDBOX_JOURNAL=" + s.path("sandbox.journal"),
	}
}

// serviceEnv is what the services read. Each is told of all sandboxes, and
// takes what it needs.
func (s *Stack) serviceEnv(d Daemon) []string {
	sandbox := s.Sandbox()
	return []string{
		"ORPHEUS_LISTEN=" + s.Addr(d.Name),
		"ORPHEUS_ADMIN=" + s.Admin(d.Name),
		"ORPHEUS_DATABASE_URL=" + s.via(d, s.DatabaseURL(d.service())),
		"ORPHEUS_AMQP_URL=" + s.via(d, s.Rabbit.URL()),
		"ORPHEUS_PROVIDER_URL=" + sandbox + "/provider",
		fmt.Sprintf("ORPHEUS_CARRIERS=swift=%s/carriers/swift,steady=%s/carriers/steady", sandbox, sandbox),
		"ORPHEUS_SMTP_ADDR=" + s.SMTP(),
		"ORPHEUS_MAIL_FROM=shop@orpheus.example",
	}
}

// via returns the URL of a server as d is to be given it.
func (s *Stack) via(d Daemon, url string) string {
	if s.config.Via == nil {
		return url
	}
	return s.config.Via(d.Name, url)
}

// inherited is what daemons get of our own environment: telemetry by its
// standard names, our own settings except those for tests, and what every
// program needs.
func inherited() []string {
	env := []string{"OTEL_TRACES_EXPORTER=none"} // unless the caller says otherwise
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if inherits(name) {
			env = append(env, kv)
		}
	}
	return env
}

// inherits reports whether daemons get a variable of our own environment.
func inherits(name string) bool {
	switch name {
	case "PATH", "HOME", "TMPDIR", "TZ", "LANG", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "GOCOVERDIR":
		return true
	}
	return strings.HasPrefix(name, "OTEL_") ||
		strings.HasPrefix(name, "ORPHEUS_") && !strings.HasPrefix(name, "ORPHEUS_TEST_")
}
