// Package sim looks for trouble: it runs the whole shop on virtual time, in an
// order that a seed decides, while everything fails that may fail, and sees
// whether what is promised still holds.
//
// What runs is what runs in production: the deciders, hosts, loops and codecs of
// the five services. Only what they stand on is another: logs in memory (package
// memlog), a broker that holds its queues as plain slices, and a payment
// provider, carriers and a mail server with books of their own. Nothing happens
// by itself. A schedule is one life of a shop with a few orders; it is stepped
// by hand, in one goroutine.
//
// All that could go one way or another is drawn from a tape of bytes: who is
// next, what arrives, what fails. The tape follows from a seed, so the same seed
// is the same schedule, to the letter of its transcript. A zero on the tape is
// always the tame choice, and what lies behind the tape's end is all zeros; so a
// shorter tape with more zeros is a simpler schedule, and a failure is shrunk by
// cutting the tape.
//
// A schedule has two phases. In the first everything is allowed that docs/guarantees.md
// speaks of: messages come twice, late, out of order or again after a
// long time; a process stops between any two effects, or after a commit whose
// answer it never sees; a call to the outside fails before or after its work is
// done; clocks jump; the broker forgets everything. In the second all is healed,
// lost facts are said again from the logs, and every order must come to its end.
//
// What must hold is checked by package verify, the same code that checks the
// shop in production, and by a few checks of what only a simulator can see; see
// check.go. What is worth happening is counted (rare.go): a run in which it never
// happened has proved nothing about it, and fails.
package sim
