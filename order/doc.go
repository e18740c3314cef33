// Package order decides the life of one customer order.
//
//	           Place           Confirm            Dispatch      Ship       Deliver
//	unplaced ────────▶ placed ─────────▶ confirmed ───────▶ dispatched ─▶ shipped ─▶ delivered
//	                     │ │                 │ ▲                ▲
//	      Decline,       │ │ Cancel, Expire  │ │ Resume         │ Dispatch
//	      RunOut         │ └──────▶ cancelling ┘ ───────────────┘
//	                     │              │ Close, RunOut
//	                     └──────────▶ cancelled
//
// An order is placed on the customer's word, confirmed once its money is
// promised and its goods are reserved, and then on its way. Who wants it
// cancelled, customer or clock, only requests it: inventory alone knows whether
// the goods have left, so the order waits in cancelling for inventory's answer.
// Delivered and cancelled are the ends; nothing leaves them.
//
// Nobody directs an order. It reacts to what payment, inventory and shipping say
// (React), and says in turn what has become of it. Facts arrive more than once
// and in any order; each decision says what it does with one that comes at
// another time than expected.
//
// The package also keeps the price book: what inventory has said of its prices,
// so that placing an order asks nobody.
//
// It thinks and does nothing else. It imports only the standard library and
// reads no clock: whatever a decision needs comes in with the command. Package
// orderd acts on what is decided here.
package order
