// Package load places orders at a shop as the world does: by a schedule that
// does not wait for answers.
//
// A generator that sends the next order when the last one is answered slows down
// with the server, and then reports that all is well: it leaves out the very
// orders that would have waited (coordinated omission). Here every order has a
// time at which it is meant to be sent, fixed beforehand by rate and seed, and
// all latencies are measured from that time. If the server stalls, or the
// generator itself comes too late, the wait is in the figures.
//
// Without a rate the load is closed on purpose: a Window of orders is kept
// between placed and ended, and the throughput that results is what the shop
// can do. There an order is meant to be sent when there is room for it.
//
// What becomes of the orders is learnt in two ways. All of them are counted
// by GetOrderStats, some fifty times a second or less: one call that reads a
// handful of rows, however many orders there are. It is served from a view, so
// throughput and window are seen as late as any caller sees them, never early. A
// share of the orders, picked by a hash of their number, is watched besides with
// WatchOrder, which shows when a client knows of each step; this costs the
// service more than all else that it does for an order, so the share is to be
// small where the rate is high. The counts are of the whole shop: whoever
// else places orders meanwhile is counted too.
//
// Run leaves nothing running. What it has begun when its context ends is seen
// through: no more orders are sent, and those that were are waited for.
package load
