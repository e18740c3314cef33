// Package servers starts private RabbitMQ and PostgreSQL servers from the
// programs that are installed on this machine, for tests and for running the
// whole system at home.
//
// A private server has its own folder and its own ports on 127.0.0.1. It never
// touches the servers that the system runs, nor their files, and several can
// run side by side. It keeps its promises to disk (fsync stays on), so what a
// test sees after Kill and Restart is what production would see after the
// power failed in one process.
//
// Unless Config.Detach says otherwise a server dies with the program that
// started it, even if that one is killed with -9; see package process.
//
// Both servers run as root (PostgreSQL then runs as the user postgres, which it
// insists on) and as an ordinary user.
package servers

import (
	"errors"
	"syscall"
	"time"

	"orpheus.example/kit/servers/process"
)

// ErrMissing says that a program which is needed is not installed. The text
// around it says which one, and how to get it.
var ErrMissing = errors.New("not installed")

// loopback is the only address on which private servers listen.
const loopback = "127.0.0.1"

// patience is how long a server may take to be ready, on a machine that is slow and
// busy. One that ends before is noticed at once.
const patience = 5 * time.Minute

// grace is how long a server may take to stop when asked to.
const grace = 20 * time.Second

// A Config says where a server lives. Only Dir is required.
type Config struct {
	// Dir keeps everything: data, logs, settings. It is made if missing. A
	// server that is started in the folder of an earlier one has its data.
	// Where PostgreSQL is started by root, the user postgres must be able to
	// reach it.
	Dir string

	// Port is where clients connect. The default is any free port.
	Port int

	// Detach lets the server outlive the program that starts it. Parts then
	// tells how to find its processes again.
	Detach bool

	// Settings are further lines of configuration: of postgresql.conf, or of
	// rabbitmq.conf.
	Settings map[string]string
}

// A Part is one process of a running server, with what ends it in good order.
type Part struct {
	Name string
	ID   process.ID
	Stop syscall.Signal
}

// parts returns p as a list of one, or nothing if it does not run.
func parts(name string, p *process.Process, stop syscall.Signal) []Part {
	if p == nil || !p.Alive() {
		return nil
	}
	return []Part{{name, p.ID(), stop}}
}
