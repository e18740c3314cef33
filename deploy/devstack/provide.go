package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

const (
	// provideWithin bounds how long one way to a server may take, downloads
	// included.
	provideWithin = 10 * time.Minute

	// answerWithin is how long a server that is said to be there may take to
	// answer.
	answerWithin = 5 * time.Second
)

// ErrNoWay says that no way to get a server is open on this machine.
var ErrNoWay = errors.New("no way to get it here")

// A Provided is a server that tests may use.
type Provided struct {
	Env string // the variable in which tests look for its URL
	URL string
	How string // where it comes from, for people
	End func() error
}

// A kind is one of the servers that tests need, with all that the ways to it
// have to know.
type kind struct {
	name    string
	env     string
	has     func() error // nil if the programs are installed
	answers func(ctx context.Context, url string) error
	private func(ctx context.Context, dir string) (url string, kill func() error, err error)
	image   image
	debian  string // package
}

// kinds returns the servers that tests need.
func kinds() []kind {
	return []kind{
		{"RabbitMQ", servertest.RabbitEnv, servers.HasRabbit, answersAMQP, privateRabbit, rabbitImage, "rabbitmq-server"},
		{"PostgreSQL", servertest.PostgresEnv, servers.HasPostgres, answersPostgres, privatePostgres, postgresImage, "postgresql"},
	}
}

// Provide gets the servers that tests need, each on the first way that is
// open: what the environment names, if it answers; a private instance of the
// installed programs; Docker; as root on Debian, the installed package. It
// tells say of each what it took and why.
func Provide(ctx context.Context, say func(string)) ([]Provided, error) {
	var all []Provided
	for _, k := range kinds() {
		p, err := k.provide(ctx, say)
		if err != nil {
			return nil, errors.Join(err, End(all))
		}
		say(k.name + ": " + p.How)
		all = append(all, p)
	}
	return all, nil
}

// End ends all servers that Provide has started.
func End(all []Provided) error {
	var errs []error
	for _, p := range all {
		errs = append(errs, p.End())
	}
	return errors.Join(errs...)
}

// A way is one way to get a server. It returns errClosed, with the reason, if
// it is not open on this machine.
type way func(context.Context, kind, func(string)) (Provided, error)

// errClosed says that a way is not open, and another may be tried.
var errClosed = errors.New("not open")

// provide tries the ways in order.
func (k kind) provide(ctx context.Context, say func(string)) (Provided, error) {
	var closed []error
	for _, try := range []way{fromEnvironment, fromInstalled, fromDocker, fromDebian} {
		ctx, cancel := context.WithTimeout(ctx, provideWithin)
		p, err := try(ctx, k, say)
		cancel()
		if err == nil {
			p.Env = k.env
			return p, nil
		}
		if !errors.Is(err, errClosed) {
			return Provided{}, fmt.Errorf("%s: %w", k.name, err)
		}
		closed = append(closed, err)
	}
	return Provided{}, fmt.Errorf("%s: %w: set %s, or install the package %s (Debian's name), or start Docker:\n%w",
		k.name, ErrNoWay, k.env, k.debian, errors.Join(closed...))
}

// fromEnvironment takes what the environment names. A name that does not
// answer is said aloud, because whoever set it meant it.
func fromEnvironment(ctx context.Context, k kind, say func(string)) (Provided, error) {
	url := os.Getenv(k.env)
	if url == "" {
		return Provided{}, fmt.Errorf("environment: %w: %s is not set", errClosed, k.env)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := k.answers(ctx, url); err != nil {
		say(fmt.Sprintf("%s: %s is set, but nobody answers there: %v", k.name, k.env, err))
		return Provided{}, fmt.Errorf("environment: %w: %s does not answer", errClosed, k.env)
	}
	return Provided{URL: url, How: "taken from " + k.env, End: nothing}, nil
}

// fromInstalled starts a private instance of the installed programs.
func fromInstalled(ctx context.Context, k kind, _ func(string)) (Provided, error) {
	if err := k.has(); err != nil {
		return Provided{}, fmt.Errorf("private instance: %w: %w", errClosed, err)
	}
	dir, err := servers.Scratch()
	if err != nil {
		return Provided{}, err
	}
	url, kill, err := k.private(ctx, dir)
	if err != nil {
		return Provided{}, err
	}
	how := "a private instance of the installed programs, because " + k.env + " names none that answers"
	return Provided{URL: url, How: how, End: kill}, nil
}

// privateRabbit starts a private RabbitMQ.
func privateRabbit(ctx context.Context, dir string) (string, func() error, error) {
	r, err := servers.StartRabbit(ctx, servers.Config{Dir: dir})
	if err != nil {
		return "", nil, err
	}
	return r.URL(), r.Kill, nil
}

// privatePostgres starts a private PostgreSQL. The tests of all packages share
// it, several at once.
func privatePostgres(ctx context.Context, dir string) (string, func() error, error) {
	p, err := servers.StartPostgres(ctx, servers.Config{Dir: dir, Settings: map[string]string{"max_connections": "400"}})
	if err != nil {
		return "", nil, err
	}
	return p.URL(), p.Kill, nil
}

// answersAMQP returns nil if a broker lets us in.
func answersAMQP(_ context.Context, url string) error {
	c, err := amqp.DialConfig(url, amqp.Config{Dial: amqp.DefaultDial(answerWithin)})
	if err != nil {
		return err
	}
	return c.Close()
}

// answersPostgres returns nil if a database lets us in.
func answersPostgres(ctx context.Context, url string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return c.Close(ctx)
}

// nothing is the end of what somebody else started.
func nothing() error { return nil }
