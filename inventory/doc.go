// Package inventory decides what becomes of the goods: which of them an order
// may have, and whether a cancellation comes in time.
//
//	                  Reserve              Dispatch
//	       untouched ─────────▶ reserved ──────────▶ dispatched
//	        │     │                │                     │ Release
//	Release,│     │ Reserve        │ Release             └──▶ refused
//	Close   │     ▼                │
//	        │  unavailable         │
//	        │     │ Release        │
//	        └─────┴──▶ released ◀──┘
//
// The drawing is one order's reservation. All its lines are set aside, or none.
// Dispatch is the pivot of the whole shop: from there an order only goes
// forward. Release and Dispatch exclude each other, and this package alone
// decides which comes first, because it alone knows whether the goods have left.
//
// Besides reservations there are items. An item is listed once and has a price,
// a number of pieces on hand, and how many of them are reserved:
//
//	on hand = received - dispatched
//	0 <= reserved <= on hand
//	available = on hand - reserved
//
// So nothing is ever sold twice. A decision about a reservation rests on the
// items of its lines as well (Needs), and happens to them (Of): reservation and
// items change in one piece or not at all.
//
// The package thinks and does nothing else. It imports only the standard library
// and reads no clock: whatever a decision needs comes in with the command.
// Package inventoryd acts on what is decided here.
package inventory
