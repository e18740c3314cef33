// Package stand puts up what is measured: the shop's real daemons, or the peer,
// each on a private broker and a private database server, or the shop in this
// process. It looks at what the processes use, and counts and checks the books
// when a load is over.
//
// A stand is made for one mode and one round, and thrown away: no run finds what
// another has left. All stands have the same settings of the servers below,
// which keep every promise to disk (fsync and synchronous_commit are on).
package stand

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"orpheus.example/bench/proc"
	"orpheus.example/bench/result"
	"orpheus.example/deploy/devstack"
	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/quietnet"
	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/process"
	"orpheus.example/onebox/verify"
)

// Generator is the name of the process that makes the load, and measures: this
// one.
const Generator = "load generator"

// The servers below, by the names of their processes.
const (
	Broker   = "RabbitMQ"
	Database = "PostgreSQL"
)

// PostgresSettings and RabbitSettings are the same for all modes. They give the
// servers the memory of a small production server instead of a test's, and room
// for the connections of three replicas.
func PostgresSettings() map[string]string {
	return map[string]string{"shared_buffers": "512MB", "max_wal_size": "4GB", "max_connections": "400"}
}

// RabbitSettings are for rabbitmq.conf.
func RabbitSettings() map[string]string {
	return map[string]string{"vm_memory_high_watermark.absolute": "2GB"}
}

// A Stand is one shop, running.
type Stand struct {
	Mode result.Mode

	Orders []orderv1.OrderServiceClient // of every replica, and more than one in any case
	Stock  inventoryv1.InventoryServiceClient

	// Stack is our daemons, nil for others.
	Stack *devstack.Stack
	// Rabbit and Postgres are nil where the shop is in this process.
	Rabbit   *servers.Rabbit
	Postgres *servers.Postgres

	books   verify.Config // without clients for the peer
	check   func(ctx context.Context) error
	pids    func() map[string][]int     // by the name of what they are counted for
	admin   *pgx.Conn                   // of the superuser
	conns   map[string]*grpc.ClientConn // to our daemons, by name
	closers []func() error
}

// Close ends everything and deletes its data.
func (s *Stand) Close() error {
	var errs []error
	for _, f := range slices.Backward(s.closers) {
		errs = append(errs, f())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Stand) onClose(f func() error) { s.closers = append(s.closers, f) }

// scratch makes a folder that is deleted with the stand. The folder is deleted
// even if this program is killed; see servers.Scratch.
func (s *Stand) scratch() (string, error) {
	dir, err := servers.Scratch()
	if err == nil {
		s.onClose(func() error { return os.RemoveAll(dir) })
	}
	return dir, err
}

// dial connects to a gRPC server.
func (s *Stand) dial(address string) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(quietnet.Dial), grpc.WithUnaryInterceptor(patient))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	s.onClose(conn.Close)
	return conn, nil
}

// answerWithin is how long a call may take that says nothing itself: longer than
// servers would give it, since the books must be read on a busy machine, too.
const answerWithin = time.Minute

func patient(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, o ...grpc.CallOption) error {
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		ctx = limited
	}
	return call(ctx, method, request, reply, conn, o...)
}

// connect opens the connection over which the server is asked about itself.
func (s *Stand) connect(ctx context.Context) (err error) {
	if s.admin, err = pgx.Connect(ctx, s.Postgres.URL()); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	s.onClose(func() error { return s.admin.Close(context.WithoutCancel(ctx)) })
	var safe bool
	err = s.admin.QueryRow(ctx, `SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') = 'on'
		AND current_setting('full_page_writes') = 'on'`).Scan(&safe)
	if err == nil && !safe {
		err = errUnsafe
	}
	return err
}

// errUnsafe says that a speed would be bought with what was promised.
var errUnsafe = errors.New("PostgreSQL does not wait for the disk")

// A Look is what processes have used up to a moment.
type Look struct {
	At     time.Time
	CPU    map[string]time.Duration // by process
	Memory map[string]int64
	WAL    int64 // bytes written to the log of PostgreSQL, ever
}

// Look looks at all processes of the stand, and at the load generator. Memory is
// left out unless it is wanted: to count it holds a large process up for a moment.
func (s *Stand) Look(ctx context.Context, memory bool) (Look, error) {
	l := Look{At: time.Now(), CPU: map[string]time.Duration{}, Memory: map[string]int64{}}
	all, err := proc.FS("").Read()
	if err != nil {
		return l, err
	}
	own, err := all.Tree(os.Getpid(), memory)
	if err != nil {
		return l, err
	}
	for name, pids := range s.pids() {
		for _, pid := range pids {
			used, err := all.Tree(pid, memory)
			if err != nil {
				return l, fmt.Errorf("look at %s: %w", name, err)
			}
			l.CPU[name] += used.CPU
			l.Memory[name] += used.Memory
			// What we have started is our child, and counted there too.
			own.CPU -= used.CPU
			own.Memory -= used.Memory
		}
	}
	l.CPU[Generator], l.Memory[Generator] = own.CPU, own.Memory
	if s.admin == nil {
		return l, nil
	}
	err = s.admin.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint").Scan(&l.WAL)
	return l, err
}

// Since returns what was used between two looks.
func (l Look) Since(before Look) (cpu map[string]time.Duration, wal int64) {
	cpu = map[string]time.Duration{}
	for name, used := range l.CPU {
		cpu[name] = max(0, used-before.CPU[name])
	}
	return cpu, l.WAL - before.WAL
}

// serverPids returns the processes of the two servers.
func (s *Stand) serverPids(all map[string][]int) map[string][]int {
	add := func(name string, parts []servers.Part) {
		for _, p := range parts {
			all[name] = append(all[name], p.ID.Pid)
		}
	}
	if s.Rabbit != nil {
		add(Broker, s.Rabbit.Parts())
	}
	if s.Postgres != nil {
		add(Database, s.Postgres.Parts())
	}
	return all
}

// pid returns the number of a process as a list.
func pid(p *process.Process) []int {
	if p == nil || !p.Alive() {
		return nil
	}
	return []int{p.ID().Pid}
}
