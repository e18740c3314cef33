package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/servers/process"
)

// node is the name of every private node. Each has a port mapper of its own, so
// the names do not meet. It is an address, because a bare machine may not know
// the name localhost; Erlang calls that a long name.
const node = "orpheus@127.0.0.1"

// A Rabbit is a private RabbitMQ node, with the port mapper (epmd) that Erlang
// wants. The user guest has all rights, as it has only on the loopback.
type Rabbit struct {
	config Config
	bin    string
	epmd   string
	ports  rabbitPorts

	mu     sync.Mutex
	mapper *process.Process
	broker *process.Process
}

// rabbitPorts are what a node listens on. They stay the same over restarts.
type rabbitPorts struct{ amqp, epmd, dist int }

// StartRabbit starts a RabbitMQ node and waits until it answers, which takes
// about five seconds.
func StartRabbit(ctx context.Context, config Config) (*Rabbit, error) {
	r := &Rabbit{config: config}
	if err := r.prepare(); err != nil {
		return nil, fmt.Errorf("start RabbitMQ in %s: %w", config.Dir, err)
	}
	if err := r.Restart(ctx); err != nil {
		return nil, errors.Join(err, r.Kill())
	}
	return r, nil
}

// prepare finds the programs and makes the folder and its settings.
func (r *Rabbit) prepare() (err error) {
	if r.bin, err = findRabbit(); err != nil {
		return err
	}
	if r.epmd, err = findEpmd(); err != nil {
		return err
	}
	if r.config.Dir, err = filepath.Abs(r.config.Dir); err != nil {
		return err
	}
	if r.ports.amqp, err = orFree(r.config.Port); err != nil {
		return err
	}
	if r.ports.epmd, err = FreePort(); err != nil {
		return err
	}
	if r.ports.dist, err = FreePort(); err != nil {
		return err
	}
	return r.write()
}

// write makes the folders and the files that a node reads at start.
func (r *Rabbit) write() error {
	for _, dir := range []string{"home", "log"} {
		if err := os.MkdirAll(r.path(dir), 0o700); err != nil {
			return err
		}
	}
	files := map[string]string{
		"rabbitmq.conf":   r.settings(),
		"advanced.config": "[].\n",
		"enabled_plugins": "[].\n",
	}
	for name, text := range files {
		if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// settings is the text of rabbitmq.conf.
func (r *Rabbit) settings() string {
	// The limits suit a machine that does other things too. The log of quorum
	// queues is kept in memory as well until it is full, 512 MB by default,
	// which alone would trip the memory alarm.
	var text strings.Builder
	fmt.Fprintf(&text, `listeners.tcp.1 = %s:%d
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 512MB
raft.wal_max_size_bytes = 64000000
log.file.level = info
`, loopback, r.ports.amqp)
	for k, v := range r.config.Settings {
		text.WriteString(k + " = " + v + "\n")
	}
	return text.String()
}

// env is all of the environment of the node and its tools: every path that
// would otherwise lead to the system's own node leads into our folder.
func (r *Rabbit) env() []string {
	path := r.bin + ":" + filepath.Dir(r.epmd) + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
	return []string{
		"PATH=" + path, "LANG=C.UTF-8", "HOME=" + r.path("home"),
		"ERL_EPMD_PORT=" + strconv.Itoa(r.ports.epmd), "ERL_EPMD_ADDRESS=" + loopback,
		"RABBITMQ_NODENAME=" + node, "RABBITMQ_USE_LONGNAME=true",
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(r.ports.dist),
		"RABBITMQ_MNESIA_BASE=" + r.path("data"),
		"RABBITMQ_LOG_BASE=" + r.path("log"),
		"RABBITMQ_PID_FILE=" + r.path("pid"),
		"RABBITMQ_CONFIG_FILE=" + r.path("rabbitmq.conf"),
		"RABBITMQ_ADVANCED_CONFIG_FILE=" + r.path("advanced.config"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + r.path("enabled_plugins"),
		"RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
		"RABBITMQ_CTL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
		// The start script then becomes the broker instead of minding it as a
		// child, so that a signal to the process is a signal to the broker.
		"RUNNING_UNDER_SYSTEMD=true",
	}
}

// path returns a path in the node's folder.
func (r *Rabbit) path(name string) string { return filepath.Join(r.config.Dir, name) }

// Restart starts the node again on the same port with the same data. One that
// runs is stopped first.
func (r *Rabbit) Restart(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.stop(ctx); err != nil {
		return err
	}
	return r.start(ctx)
}

// start starts the port mapper unless it runs, and then the broker.
func (r *Rabbit) start(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if r.mapper == nil || !r.mapper.Alive() {
		// Started by us in the foreground, or the broker would start one that
		// nobody ends.
		args := []string{"-port", strconv.Itoa(r.ports.epmd), "-address", loopback}
		if r.mapper, err = r.spawn(r.epmd, args...); err != nil {
			return err
		}
		if err := r.mapper.Await(ctx, r.probeMapper); err != nil {
			return fmt.Errorf("start epmd on port %d: %w", r.ports.epmd, err)
		}
	}
	if r.broker, err = r.spawn(filepath.Join(r.bin, "rabbitmq-server")); err != nil {
		return err
	}
	if err := r.broker.Await(ctx, r.probe); err != nil {
		_ = r.broker.Kill() // it is of no use, and the first error says why
		return fmt.Errorf("start RabbitMQ on port %d: %w", r.ports.amqp, err)
	}
	return nil
}

// spawn starts one of the node's two processes.
func (r *Rabbit) spawn(path string, args ...string) (*process.Process, error) {
	return process.Start(process.Command{
		Path: path, Args: args, Env: r.env(),
		Dir: r.config.Dir, Log: r.Log(), Detach: r.config.Detach,
	})
}

// probeMapper returns nil if the port mapper listens.
func (r *Rabbit) probeMapper(ctx context.Context) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", loopback+":"+strconv.Itoa(r.ports.epmd))
	if err != nil {
		return err
	}
	return c.Close()
}

// probe returns nil if the broker serves clients. That its port is open is not
// enough: it lets nobody in before it has read its data.
func (r *Rabbit) probe(context.Context) error {
	c, err := amqp.Dial(r.URL())
	if err != nil {
		return err
	}
	return c.Close()
}

// stop stops the broker in good order, if it runs. The port mapper stays.
func (r *Rabbit) stop(ctx context.Context) error {
	if r.broker == nil || !r.broker.Alive() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	return r.broker.Stop(ctx, syscall.SIGTERM)
}

// kill ends both processes at once.
func (r *Rabbit) kill() error {
	var errs []error
	for _, p := range []*process.Process{r.broker, r.mapper} {
		if p != nil {
			errs = append(errs, p.Kill())
		}
	}
	return errors.Join(errs...)
}

// Stop ends the node in good order, which takes some six seconds. Where the
// data is not wanted any more Kill is at once.
func (r *Rabbit) Stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.stop(context.Background()), r.kill())
}

// Kill ends the node at once, as kill -9 does. Restart brings it back with all
// that it had confirmed as durable.
//
// One thing RabbitMQ does not keep: which log belongs to which quorum queue is
// on disk only up to a second after the queue was declared. Killed before, the
// queue comes back empty and answers nothing for ever (mended in 2024 by pull
// request 443 of rabbitmq/ra; 3.10 has it). Sync before Kill avoids that.
func (r *Rabbit) Kill() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kill()
}

// Sync returns when the node has on disk what it keeps in its slow files: the
// names of quorum queues. Confirmed messages are there without it.
func (r *Rabbit) Sync(ctx context.Context) error {
	_, err := r.Ctl(ctx, "eval", "[dets:sync(T) || T <- dets:all()].")
	return err
}

// Wipe kills the node, deletes all it had, and starts it empty.
func (r *Rabbit) Wipe(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.kill(); err != nil {
		return err
	}
	if err := os.RemoveAll(r.path("data")); err != nil {
		return err
	}
	return r.start(ctx)
}

// Pause keeps the broker from running; to clients it hangs.
func (r *Rabbit) Pause() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broker.Pause()
}

// Resume undoes Pause.
func (r *Rabbit) Resume() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broker.Resume()
}

// Ctl runs rabbitmqctl on the node and returns what it said. It takes about a
// second, most of it Erlang's start.
func (r *Rabbit) Ctl(ctx context.Context, args ...string) (string, error) {
	// Without our port mapper the tool would start one that nobody ends.
	if len(r.Parts()) == 0 {
		return "", fmt.Errorf("rabbitmqctl %q: %w", args, process.ErrGone)
	}
	args = append([]string{"--quiet", "--node", node}, args...)
	cmd := exec.CommandContext(ctx, filepath.Join(r.bin, "rabbitmqctl"), args...) //nolint:gosec // tests choose them
	cmd.Env, cmd.Dir = r.env(), r.config.Dir
	text, err := cmd.CombinedOutput()
	if err != nil {
		return string(text), fmt.Errorf("rabbitmqctl %q: %w\n%s", args, err, text)
	}
	return string(text), nil
}

// URL is how a client connects. It stays the same over restarts.
func (r *Rabbit) URL() string { return "amqp://guest:guest@" + r.Addr() + "/" }

// Dir is the folder in which the node keeps everything.
func (r *Rabbit) Dir() string { return r.config.Dir }

// Port is where clients connect.
func (r *Rabbit) Port() int { return r.ports.amqp }

// Addr is the host and port on which the broker listens.
func (r *Rabbit) Addr() string { return loopback + ":" + strconv.Itoa(r.ports.amqp) }

// Log is the file to which both processes say how they start. The broker
// keeps a longer one in the folder log beside it.
func (r *Rabbit) Log() string { return r.path("rabbitmq.log") }

// Parts are the processes of the node that run, the broker before the port
// mapper, which it needs to its end.
func (r *Rabbit) Parts() []Part {
	r.mu.Lock()
	defer r.mu.Unlock()
	// The mapper has no better end than the kill, and nothing to lose.
	return append(parts("rabbitmq", r.broker, syscall.SIGTERM), parts("epmd", r.mapper, syscall.SIGKILL)...)
}
