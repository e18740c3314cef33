// Package devstack runs the whole shop on this machine: a private RabbitMQ, a
// private PostgreSQL with one database and one role per service, the sandboxes
// of the outside world, and the five daemons, built from source.
//
// It is used in two ways. End-to-end tests start a Stack on free ports in a
// scratch folder, kill and pause its parts, and close it; nothing outlives the
// test program. The program devstack starts one on well-known ports, detached
// (Up), and later looks at it (Status), ends it (Down) and forgets it (Wipe).
// What Up started is written down in one file, stack.json, and Down ends those
// processes and no others.
//
// It also finds servers for tests that only need the address of one: see
// Provide.
//
//	sandbox ◄── HTTP, SMTP ── order payment inventory shipping notify
//	                            │ own role, own database      │
//	                        PostgreSQL                     RabbitMQ
package devstack

import "errors"

// The folders and files of a stack, in its folder.
const (
	binDir     = "bin"
	logDir     = "log"
	rabbitDir  = "rabbitmq"
	pgDir      = "postgres"
	recordFile = "stack.json"
	lockFile   = "lock"
)

// What may be wrong with the name of a daemon.
var (
	ErrUnknown = errors.New("no such daemon")
	ErrRunning = errors.New("runs already")
)
