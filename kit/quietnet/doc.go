// Package quietnet reads and writes sockets without a word to Go's scheduler.
//
// A read or write of a socket does not block: if there is nothing to be had the
// caller waits in the poller. Package net announces it to the scheduler all the
// same, as a system call that might last. In a process that is done with one
// message before the next one comes, that has a price beyond its own: whoever
// announces a call after a rest wakes the runtime's watcher from a deep sleep
// (sysmon in https://go.dev/src/runtime/proc.go), which then looks around every
// 20 us, until the process rests again. With five daemons on two processors, half
// of all switches between threads were for that.
//
// So Conn makes these calls itself, by [syscall.RawSyscall]. The caller keeps its
// processor for the few microseconds that they take. All else is as in package
// net: waiting, deadlines, closing, errors.
package quietnet
