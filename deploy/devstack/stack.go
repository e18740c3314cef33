package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
)

const (
	// startWithin is how long everything together may take to be ready.
	startWithin = 10 * time.Minute

	// stopWithin is how long a daemon may take to end in good order.
	stopWithin = 10 * time.Second
)

// A Config says what to run, and where.
type Config struct {
	// Dir keeps everything: data, logs, settings, the record. It is made if
	// missing; a stack in the folder of an earlier one has its data.
	Dir string

	// Bin is the folder of the built daemons; see Build. The default is the
	// folder bin in Dir.
	Bin string

	// Base is the first of the well-known ports: 7000 makes order listen on
	// 7001. Zero means free ports.
	Base int

	// Detach lets everything outlive this program.
	Detach bool

	// Env is further environment ("NAME=value") of a daemon, by its name, and
	// of all under the name "".
	Env map[string][]string

	// Postgres and Rabbit are further lines of configuration of the servers, as
	// in servers.Config.
	Postgres, Rabbit map[string]string

	// Daemons are what to run. The default is Daemons().
	Daemons []Daemon

	// Via returns the URL by which a daemon is to reach the server at url, such as
	// that of a proxy between the two. It is asked at every start of the daemon.
	// The default is url itself.
	Via func(daemon, url string) string

	// Say hears of every step. The default is silence.
	Say func(string)
}

// A Stack is the whole shop, running. Its methods may be called from several
// goroutines, but not two for the same daemon at once.
type Stack struct {
	// Rabbit and Postgres are the servers below the daemons, to be killed,
	// paused and restarted by their own methods.
	Rabbit   *servers.Rabbit
	Postgres *servers.Postgres

	config Config
	record record
	ports  map[string]ports

	mu      sync.Mutex
	running map[string]*process.Process
}

// ports are where a daemon listens: for its callers, and for its operators.
// The sandbox takes mail on the second.
type ports struct{ main, admin int }

// Start starts a stack and returns when every part of it is ready. If one part
// does not start, the others are ended again.
func Start(ctx context.Context, config Config) (*Stack, error) {
	s, err := prepare(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.startAll(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare makes the folders, and gives out ports and passwords.
func prepare(config Config) (*Stack, error) {
	if config.Daemons == nil {
		config.Daemons = Daemons()
	}
	if config.Say == nil {
		config.Say = func(string) {}
	}
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, err
	}
	config.Dir = dir
	if config.Bin == "" {
		config.Bin = filepath.Join(dir, binDir)
	}
	if config.Bin, err = filepath.Abs(config.Bin); err != nil {
		return nil, err
	}
	if err := makeDirs(dir); err != nil {
		return nil, err
	}
	s := &Stack{config: config, ports: map[string]ports{}, running: map[string]*process.Process{}}
	if s.record, err = readRecord(dir); err != nil {
		return nil, err
	}
	s.record.Processes = nil // those of an earlier stack
	s.inventPasswords()
	return s, s.givePorts()
}

// makeDirs makes the stack's folder, which the user postgres must be able to
// enter, and that of the logs, which are for us alone: they tell of customers.
func makeDirs(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // see above
		return err
	}
	return os.MkdirAll(filepath.Join(dir, logDir), 0o700)
}

// givePorts gives every daemon its ports.
func (s *Stack) givePorts() (err error) {
	for _, d := range s.config.Daemons {
		var p ports
		if p.main, err = s.port(d.Port); err != nil {
			return err
		}
		if p.admin, err = s.port(d.Admin); err != nil {
			return err
		}
		s.ports[d.Name] = p
	}
	return nil
}

// port returns the well-known port, or a free one. On well-known ports it
// makes sure that nobody else is there: a stranger's answer would look like
// ours.
func (s *Stack) port(offset int) (int, error) {
	if s.config.Base == 0 {
		return servers.FreePort()
	}
	port := s.config.Base + offset
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return 0, fmt.Errorf("port %d is taken; stop who listens there, or use another base port: %w", port, err)
	}
	return port, l.Close()
}

// startAll starts the parts in the order in which they need each other. Both
// servers start at once, because RabbitMQ takes five seconds.
func (s *Stack) startAll(ctx context.Context) error {
	var rabbitErr error
	var rabbit sync.WaitGroup
	rabbit.Go(func() { rabbitErr = s.startRabbit(ctx) })
	err := s.startPostgres(ctx)
	rabbit.Wait()
	if err := errors.Join(err, rabbitErr); err != nil {
		return errors.Join(err, s.write())
	}
	if err := errors.Join(s.write(), s.makeDatabases(ctx)); err != nil {
		return err
	}
	wanted := slices.DeleteFunc(slices.Clone(s.config.Daemons), func(d Daemon) bool { return d.Idle })
	for _, d := range wanted {
		if err := s.Launch(d.Name); err != nil {
			return err
		}
	}
	for _, d := range wanted {
		if err := s.await(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// startRabbit starts the broker.
func (s *Stack) startRabbit(ctx context.Context) error {
	port, err := s.port(rabbitPort)
	if err != nil {
		return err
	}
	s.Rabbit, err = servers.StartRabbit(ctx, servers.Config{
		Dir: s.path(rabbitDir), Port: port, Detach: s.config.Detach, Settings: s.config.Rabbit,
	})
	if err == nil {
		s.config.Say("RabbitMQ answers on " + s.Rabbit.Addr())
	}
	return err
}

// startPostgres starts the database server.
func (s *Stack) startPostgres(ctx context.Context) error {
	port, err := s.port(postgresPort)
	if err != nil {
		return err
	}
	s.record.Postgres = postgresDir(s.config.Dir)
	s.Postgres, err = servers.StartPostgres(ctx, servers.Config{
		Dir: s.record.Postgres, Port: port, Detach: s.config.Detach, Settings: s.config.Postgres,
	})
	if err == nil {
		s.config.Say("PostgreSQL answers on " + s.Postgres.Addr())
	}
	return err
}

// daemon returns the daemon of that name.
func (s *Stack) daemon(name string) (Daemon, error) {
	for _, d := range s.config.Daemons {
		if d.Name == name {
			return d, nil
		}
	}
	return Daemon{}, fmt.Errorf("%w: %s", ErrUnknown, name)
}

// Launch starts a daemon and does not wait until it is ready.
func (s *Stack) Launch(name string) error {
	d, err := s.daemon(name)
	if err != nil {
		return err
	}
	if s.Pid(name) != 0 {
		return fmt.Errorf("%w: %s", ErrRunning, name)
	}
	p, err := process.Start(process.Command{
		Path: filepath.Join(s.config.Bin, d.program()), Env: s.env(d),
		Dir: s.config.Dir, Log: s.LogFile(name), Detach: s.config.Detach,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.running[name] = p
	s.mu.Unlock()
	return s.write()
}

// Start starts a daemon that was killed or stopped, and returns when it is
// ready.
func (s *Stack) Start(ctx context.Context, name string) error {
	if err := s.Launch(name); err != nil {
		return err
	}
	d, err := s.daemon(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return s.await(ctx, d)
}

// await waits until d is ready.
func (s *Stack) await(ctx context.Context, d Daemon) error {
	if err := s.part(d.Name).Await(ctx, s.probe(d)); err != nil {
		return fmt.Errorf("start %s: %w", d.Name, err)
	}
	s.config.Say(d.Name + " is ready on " + s.Addr(d.Name))
	return nil
}

// part returns the process of a daemon, nil if it was never started.
func (s *Stack) part(name string) *process.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[name]
}

// do calls f on the process of a daemon.
func (s *Stack) do(name string, f func(*process.Process) error) error {
	p := s.part(name)
	if p == nil {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	if err := f(p); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Kill ends a daemon at once, as kill -9 does.
func (s *Stack) Kill(name string) error { return s.do(name, (*process.Process).Kill) }

// Pause keeps a daemon from running; to its callers it hangs.
func (s *Stack) Pause(name string) error { return s.do(name, (*process.Process).Pause) }

// Resume undoes Pause.
func (s *Stack) Resume(name string) error { return s.do(name, (*process.Process).Resume) }

// Stop asks a daemon to end, by SIGTERM, and kills it if it has not within ten
// seconds. It reports how long that took.
func (s *Stack) Stop(name string) (time.Duration, error) {
	began := time.Now()
	err := s.do(name, func(p *process.Process) error {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		return p.Stop(ctx, syscall.SIGTERM)
	})
	return time.Since(began), err
}

// Pid returns the number of a daemon's process, 0 if it does not run.
func (s *Stack) Pid(name string) int {
	if p := s.part(name); p != nil && p.Alive() {
		return p.ID().Pid
	}
	return 0
}

// Close kills everything that runs. The data stays in the folder.
func (s *Stack) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range s.running {
		errs = append(errs, p.Kill())
	}
	if s.Rabbit != nil {
		errs = append(errs, s.Rabbit.Kill())
	}
	if s.Postgres != nil {
		errs = append(errs, s.Postgres.Kill())
	}
	return errors.Join(errs...)
}

// path returns a path in the stack's folder.
func (s *Stack) path(names ...string) string {
	return filepath.Join(append([]string{s.config.Dir}, names...)...)
}

// addr is a port on the loopback.
func addr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
