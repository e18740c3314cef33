// Package shipping decides the life of the shipment of one order.
//
//	      Open           NoteBooked          HandOver              Track        and again
//	none ──────▶ booking ─────────▶ booked ─────────▶ handed over ──────▶ shipped ─────▶ delivered
//	 │            │  │                │
//	 │     Cancel │  │ NoteRefused,   │ Cancel
//	 │            │  │ by the last    ▼
//	 │            │  └──▶ refused   cancelling
//	 │ Cancel     ▼                   │ NoteCancelled
//	 └───────▶ cancelled ◀────────────┘
//
// Carriers are asked one after the other, in the order of preference; one that
// is believed to be down is passed over (Choose). Which one is asked is on
// record before it is asked, and once it is, the shipment stays with it until
// its answer is known, however long that takes: it may have booked and its
// answer be lost, and a label must not exist twice. Only its no frees the
// shipment for the next one.
//
// A cancellation that comes while a carrier is being asked is remembered: if the
// carrier books, the label is cancelled, and if it refuses, nobody else is
// asked. A cancellation that comes before the order is a tombstone.
//
// Once the goods have left the warehouse, the carrier is told and then asked
// how far the parcel is. The same may be told by people (Track).
//
// The carriers are outside. Calls to them are owed (Owe) and their answers come
// back as commands whose names begin with Note. A call whose answer was lost is
// repeated under the same key, and does its work once.
//
// The package thinks and does nothing else. It imports only the standard library
// and reads no clock. Package shippingd acts on what is decided here.
package shipping
