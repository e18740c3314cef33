//go:build linux && !race

package quietnet_test

import (
	"net"
	"testing"
)

// What is made quiet must not come out as it was.
func TestTCPIsQuiet(t *testing.T) {
	t.Parallel()
	here, there := ways["quiet"].connect(t)
	for _, c := range []net.Conn{here, there} {
		if _, plain := c.(*net.TCPConn); plain {
			t.Errorf("%v is a connection of package net; want a quiet one", c.LocalAddr())
		}
	}
}
