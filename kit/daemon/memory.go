package daemon

import "runtime/debug"

// What a process that serves spends on memory unless it is told otherwise by GOGC or
// GOMEMLIMIT. What a service keeps is small, and most of what it allocates is
// garbage after one fact; so collecting four times less often costs tens of
// megabytes and saves a good part of the collector's work. The limit is soft:
// beyond it the collector works harder, and nothing fails.
const (
	gcPercent   = 400
	memoryLimit = 1 << 30
)

// SpendMemory sets up the collector of this process to save time. Main does so for
// every daemon; what runs services in a process of its own does it itself. An operator
// who has set GOGC knows better, in all of it; a container with less memory sets
// GOMEMLIMIT.
func SpendMemory(getenv func(string) string) {
	if getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
