// Package gc says how a process that serves collects its garbage.
package gc

import "runtime/debug"

// What it spends on memory unless it is told otherwise by GOGC or GOMEMLIMIT. What a service
// keeps is small, and most of what it allocates is garbage after one fact; so
// collecting four times less often costs tens of megabytes and saves a good part of
// the collector's work. The limit is soft: beyond it the collector works harder, and
// nothing fails.
const (
	Percent = 400     // of what is alive, before the collector comes again: GOGC
	Limit   = 1 << 30 // bytes: GOMEMLIMIT
)

// Tune sets up the collector of this process to save time. Daemons do so, and what
// runs services in a process of its own. An operator who has set GOGC knows better, in
// all of it; a container with less memory sets GOMEMLIMIT.
func Tune(getenv func(string) string) {
	if getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(Percent)
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(Limit)
	}
}
