// Package ops is what operators may ask of every service: what it could not
// handle, how far it is behind, and that it says again what it has said before.
//
// It is the one implementation of ops.v1.OpsService. Each service makes a Desk
// of its own, which knows of that service only, registers it beside its own
// methods, and runs its steps beside its own steps.
//
// A desk decides nothing by itself. Letters are parked, replayed and discarded by
// package deadletter, whose events in the service's own log are the truth; what a
// desk lists is a view of them, up to half a second old, while everything that it
// changes is decided by what the log says at that moment. So an operator who acts
// on an old list does no harm: what is gone is passed over.
//
// Two things can be asked for on trial. What a replay of letters would do is
// found by doing it, on a log that forgets (see draft); what a replay of facts
// would say is counted.
package ops
