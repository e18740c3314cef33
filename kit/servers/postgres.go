package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"

	"orpheus.example/kit/servers/process"
)

// superuser is the role that owns a private server.
const superuser = "postgres"

// The two ways in which PostgreSQL is asked to end, both without waiting for
// its clients.
const (
	fastShutdown      = syscall.SIGINT  // everything is written
	immediateShutdown = syscall.SIGQUIT // as fast as a kill, but children and shared memory go too
)

// postgresSettings keep a server modest and on the loopback. Later ones win,
// so Config.Settings may change all of them.
var postgresSettings = []string{
	"listen_addresses=" + loopback,
	// No socket file: its path may be too long in a scratch folder.
	"unix_socket_directories=",
	"shared_buffers=64MB",
	"max_connections=100",
	"fsync=on",
	"synchronous_commit=on",
	// Shared memory as files of the data folder, so that nothing is left in
	// /dev/shm by a server that was killed.
	"dynamic_shared_memory_type=mmap",
}

// A Postgres is a private PostgreSQL server.
type Postgres struct {
	config   Config
	bin      string
	password string
	user     *syscall.Credential // nil: our own

	mu   sync.Mutex
	proc *process.Process
}

// StartPostgres starts a PostgreSQL server and waits until it answers. If
// config.Dir is empty a new database cluster is made in it first.
func StartPostgres(ctx context.Context, config Config) (*Postgres, error) {
	p := &Postgres{config: config}
	if err := p.prepare(ctx); err != nil {
		return nil, fmt.Errorf("start PostgreSQL in %s: %w", config.Dir, err)
	}
	if err := p.Restart(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// prepare finds the programs and makes the folder, the password and the data.
func (p *Postgres) prepare(ctx context.Context) (err error) {
	if p.bin, err = findPostgres(); err != nil {
		return err
	}
	if p.config.Dir, err = filepath.Abs(p.config.Dir); err != nil {
		return err
	}
	if p.config.Port, err = orFree(p.config.Port); err != nil {
		return err
	}
	if err := p.chooseUser(); err != nil {
		return err
	}
	if err := p.makeDir(); err != nil {
		return err
	}
	if err := p.makePassword(); err != nil {
		return err
	}
	return p.makeData(ctx)
}

// chooseUser says who runs the server: we ourselves, except where we are root,
// which PostgreSQL refuses.
func (p *Postgres) chooseUser() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	p.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// makeDir makes the folder, and gives it to the user who runs the server.
func (p *Postgres) makeDir() error {
	if err := os.MkdirAll(p.config.Dir, 0o755); err != nil { //nolint:gosec // another user works in it
		return err
	}
	if p.user == nil {
		return nil
	}
	if err := Reachable(p.config.Dir); err != nil {
		return err
	}
	return os.Chown(p.config.Dir, int(p.user.Uid), int(p.user.Gid))
}

// Reachable returns nil if every user of this machine can enter the folders
// above dir, which the user postgres must do when root starts the server.
func Reachable(dir string) error {
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		s, err := os.Stat(parent)
		if err != nil {
			return err
		}
		if s.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("the user postgres cannot enter %s (mode %v): choose another folder", parent, s.Mode().Perm())
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

// makePassword reads the password of the superuser, or invents it.
func (p *Postgres) makePassword() error {
	path := p.path("password")
	text, err := os.ReadFile(path) //nolint:gosec // in our own folder
	if err == nil {
		p.password = strings.TrimSpace(string(text))
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	p.password = rand.Text()
	if err := os.WriteFile(path, []byte(p.password+"\n"), 0o600); err != nil {
		return err
	}
	if p.user == nil {
		return nil
	}
	return os.Chown(path, int(p.user.Uid), int(p.user.Gid))
}

// makeData makes the database cluster, unless it is there. The cluster is made
// beside its final place and moved there: half of one is never taken for it.
func (p *Postgres) makeData(ctx context.Context) error {
	if _, err := os.Stat(p.path("data")); err == nil {
		return nil
	}
	draft := p.path("data.new")
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), //nolint:gosec // our own arguments
		"--pgdata", draft, "--username", superuser, "--pwfile", p.path("password"),
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions")
	cmd.Dir, cmd.Env = p.config.Dir, p.env()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.user}
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, text)
	}
	return os.Rename(draft, p.path("data"))
}

// env is all of the environment that the server gets: nothing of ours, in
// which PG* variables might lead it astray.
func (p *Postgres) env() []string {
	return []string{"PATH=" + p.bin + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
}

// path returns a path in the server's folder.
func (p *Postgres) path(name string) string { return filepath.Join(p.config.Dir, name) }

// Restart starts the server again on the same port with the same data. One
// that runs is stopped first.
func (p *Postgres) Restart(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.stop(ctx); err != nil {
		return err
	}
	proc, err := process.Start(process.Command{
		Path: filepath.Join(p.bin, "postgres"), Args: p.args(), Env: p.env(),
		Dir: p.config.Dir, Log: p.Log(), User: p.user, Detach: p.config.Detach,
		DeathSignal: immediateShutdown,
	})
	if err != nil {
		return err
	}
	p.proc = proc
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := proc.Await(ctx, p.probe); err != nil {
		_ = proc.Kill() // it is of no use, and the first error says why
		return fmt.Errorf("start PostgreSQL on port %d: %w", p.config.Port, err)
	}
	return nil
}

// args is the command line of the server.
func (p *Postgres) args() []string {
	args := []string{"-D", p.path("data"), "-p", strconv.Itoa(p.config.Port)}
	for _, s := range postgresSettings {
		args = append(args, "-c", s)
	}
	for k, v := range p.config.Settings {
		args = append(args, "-c", k+"="+v)
	}
	return args
}

// probe returns nil if the server answers to its password.
func (p *Postgres) probe(ctx context.Context) error {
	c, err := pgx.Connect(ctx, p.URL())
	if err != nil {
		return err
	}
	return c.Close(ctx)
}

// stop stops the server in good order, if it runs.
func (p *Postgres) stop(ctx context.Context) error {
	if p.proc == nil || !p.proc.Alive() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	return p.proc.Stop(ctx, fastShutdown)
}

// Stop ends the server in good order, cutting off its clients. What it does
// not do within 20 seconds is done by Kill.
func (p *Postgres) Stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stop(context.Background())
}

// Kill ends the server and all its children at once, as kill -9 and a power
// failure do. Restart brings it back with all that was committed.
func (p *Postgres) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proc.Kill()
}

// Pause keeps the server from running; to clients it hangs.
func (p *Postgres) Pause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proc.Pause()
}

// Resume undoes Pause.
func (p *Postgres) Resume() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proc.Resume()
}

// URL is how the superuser connects to the database postgres. It stays the
// same over restarts.
func (p *Postgres) URL() string { return p.DatabaseURL(superuser, p.password, superuser) }

// DatabaseURL is how role connects to database.
func (p *Postgres) DatabaseURL(role, password, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password), Host: p.Addr(),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Dir is the folder in which the server keeps everything.
func (p *Postgres) Dir() string { return p.config.Dir }

// Port is where clients connect.
func (p *Postgres) Port() int { return p.config.Port }

// Addr is the host and port on which the server listens.
func (p *Postgres) Addr() string { return loopback + ":" + strconv.Itoa(p.config.Port) }

// Log is the file to which the server says what it does.
func (p *Postgres) Log() string { return p.path("postgres.log") }

// Parts are the processes of the server that run.
func (p *Postgres) Parts() []Part {
	p.mu.Lock()
	defer p.mu.Unlock()
	return parts("postgres", p.proc, fastShutdown)
}
