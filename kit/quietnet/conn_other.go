//go:build !linux || race

package quietnet

import "net"

// Conn returns c: quiet calls are made on Linux only, and not under the race
// detector, which learns from package net what goes before what.
func Conn(c net.Conn) net.Conn { return c }
