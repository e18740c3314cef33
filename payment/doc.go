// Package payment decides the life of the payment of one order.
//
//	       Open            NoteAuthorized           Capture           NoteCaptured
//	none ────────▶ authorizing ─────────▶ authorized ───────▶ capturing ───────▶ captured
//	 │                  │                      │                  │                │  ▲
//	 │ Cancel           │ NoteDeclined         │        NoteNot-  │      GiveBack, │  │ NoteRefunded,
//	 ▼                  ▼                      │        Captured  ▼        Cancel  │  │ part is left
//	closed           declined                  │           capture failed          ▼  │
//	                                  Release, │                  │            refunding
//	                                  Cancel   ▼  Release, Cancel │                │
//	                                        voiding ◀─────────────┘                │ NoteRefunded
//	                                           │ NoteVoided                        ▼
//	                                           ▼                               refunded
//	                                         voided
//
// Money is first held, then taken when a parcel is booked, so that goods never
// leave before they are paid for. Money that is held and not needed is let go,
// and taken money is given back: a cancelled order leads to either, and staff
// may give back taken money in parts or whole.
//
// The money itself is at a provider outside. In the phases that end in -ing a
// call to it is owed (Owe), and its answer comes back as a command whose name
// begins with Note. The call's key follows from the order, so that a call whose
// answer was lost is repeated and does its work once. While a call is under way
// a cancellation cannot act yet: it is remembered, and acts on the answer.
//
// Nobody directs a payment. It reacts to what order, inventory and shipping say
// (React). Those facts arrive more than once and in any order; a cancellation
// that comes before the order is a tombstone (closed).
//
// The package thinks and does nothing else. It imports only the standard library
// and reads no clock. Package paymentd acts on what is decided here.
package payment
