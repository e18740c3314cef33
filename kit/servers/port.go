package servers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Free ports are looked for here: above the well-known ones, below those that
// the kernel gives to outgoing connections (32768 and up on Linux). Above, a
// client that dials a dead server again and again is one day given the
// server's port as its own, connects to itself, and the server cannot return.
const (
	firstPort = 15000
	lastPort  = 32000
	portTries = 200
)

// ErrNoPort says that no free port was found.
var ErrNoPort = errors.New("no free port")

// FreePort returns a port on 127.0.0.1 on which nobody listens. It gives the
// same port to no one else who asks here, in any process of this user, until
// this process ends: so the port is still free after a restart of what
// listened on it.
func FreePort() (int, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("orpheus-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	for range portTries {
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // a guess, not a secret
		if claim(filepath.Join(dir, strconv.Itoa(port))) && listenable(port) {
			return port, nil
		}
	}
	return 0, ErrNoPort
}

// claim locks a file, which stands for a port, for the life of this process.
func claim(path string) bool {
	// The descriptor is left open on purpose: closing it would end the claim.
	// It is not inherited by what we start. A bare descriptor, because an
	// os.File would be closed by the garbage collector.
	fd, err := syscall.Open(path, syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return false
	}
	if err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = syscall.Close(fd)
		return false
	}
	return true
}

// listenable reports whether port is free at this moment.
func listenable(port int) bool {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(loopback), Port: port})
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// orFree returns port, or a free one if it is zero.
func orFree(port int) (int, error) {
	if port != 0 {
		return port, nil
	}
	return FreePort()
}
