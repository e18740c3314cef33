// Package deadletter keeps messages that a hearer could not handle, in order.
//
// A message that can never be handled, or not in the known ways, must not be
// lost, must not be tried for ever, and must not hold up others. So its hearer
// sets it aside in its own database: a dead letter. What comes later for the same
// undertaking waits behind it, in the order of arrival, because it may rest on
// what the letter says; all other undertakings flow.
//
//	arrives ──▶ handled                              (nothing waits for this undertaking)
//	        ──▶ Parked ──▶ Failed ──▶ Failed …       (cannot be handled, or waits behind one that cannot)
//	               │           │
//	               ├───────────┴────▶ Handled        (replayed: in one piece with its effect)
//	               └────────────────▶ Discarded      (an operator's word, on record)
//
// Dead letters are events like all others: each undertaking that has any has a
// stream of its own in the hearer's log, named by Stream, and what may happen to
// it is decided by pure functions. Hence all that holds for events holds for
// them: whoever wants to handle a message of an undertaking does so on condition
// that its stream of dead letters stands where it was seen, which settles every
// race with those who park, replay and discard, in this process or another. And
// what operators did, and why, is on record for ever.
//
// A letter leaves in the same unit as its effect and the mark that its message
// was handled: a crash in the middle leaves it where it is, a replay that is
// asked for twice finds nothing to do the second time, and what fails again
// stays. So a replay can neither lose a message nor go round in circles. What waited
// behind a letter that is gone is handled next by who took it away, and if he cannot,
// by a Follower: nothing waits behind nothing.
package deadletter
