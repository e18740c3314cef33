// Package notify decides which mails a customer is owed, and in which order they
// go.
//
//	        Tell                     NoteSent
//	heard ────────▶ owed ──────────────────────▶ sent
//	                │  ▲             NoteRefused
//	  a fact before │  │ Tell of it, └─────────▶ refused
//	  it is missing ▼  │ or EndWait
//	               waiting
//
// The drawing is one mail. Each fact that an order says is one mail, and so is
// each refund. The mails of an order leave one after the other, in the order of
// its facts, though these may be heard in any order: a fact whose predecessor is
// missing waits for it, but not for ever. Once a wait has ended, what is there
// goes out, and what comes late is told late rather than not at all. A mail that
// the mail server refuses for good is history, and holds up none of the others.
//
// A mail is owed from the moment its fact is heard until the mail server's word
// on it is recorded. If that word is lost the mail goes again, under the same
// id, so that whoever reads it sees one message.
//
// The package thinks and does nothing else. It imports only the standard library
// and reads no clock: whatever a decision needs comes in with the command.
// Package notifyd acts on what is decided here.
package notify
