// Package instantmailer takes every mail at once, and delivers none. It is for
// load tests, where the shop itself is to be the limit and not somebody else's
// clock: no connection, no wait, no mailbox.
package instantmailer

import (
	"context"
	"strings"

	"orpheus.example/notify/notifyd"
)

// Server is the mail server's address that stands for this package.
const Server = "instant:"

// Warning is what has to be said, loudly, where this mailer is used.
const Warning = "the mail server is a stand-in for load tests: it takes every mail and delivers none"

// A Mailer delivers nothing. The zero Mailer is ready.
type Mailer struct{}

var _ notifyd.Mailer = Mailer{}

// Is reports whether an address means this mailer.
func Is(server string) bool { return strings.HasPrefix(server, Server) }

// Send takes m, whoever it is for.
func (Mailer) Send(context.Context, notifyd.Message) error { return nil }
