// Package peer is the shop as a good user of Watermill writes it: what package
// bench compares against. It says and hears the same facts as the five services
// of this repository, with the same bodies, and does the same about them, in
// the way that Watermill's documentation teaches:
//
//   - a router with several copies of each handler, each with its own channel;
//   - one transaction per message: a row of the inbox, which is the dedupe table,
//     the service's own rows, and the facts that follow, in an outbox;
//   - the outbox is watermill-sql, forwarded by Watermill's forwarder;
//   - watermill-amqp with durable exchanges and queues, persistent messages, a
//     confirm for each, and a pool of channels;
//   - retries with a backoff, and a queue for what nobody can read.
//
// Nothing is cut short that a user would not cut short, and nothing is added
// that slows it down. Where the two differ the peer is favoured:
//
//   - all five services live in one process, with one pool of connections each;
//   - the world outside answers inside the transaction, so what it is asked is
//     not noted first, and a service asks and answers in one transaction;
//   - no deadlines are watched, no order can be cancelled by its customer, mails
//     are not kept in order, no history is kept;
//   - orders are watched and counted inside the process, with no query;
//   - it is not traced, and messages carry no attributes but their id.
//
// An order that goes well is 14 published facts, of which two are heard by
// nobody, 18 deliveries and 19 transactions, besides those of the forwarders:
//
//	order      OrderPlaced OrderConfirmed OrderDispatched OrderShipped OrderDelivered
//	payment    PaymentAuthorized PaymentCaptured
//	inventory  StockReserved StockDispatched, and StockLevelChanged twice
//	shipping   ShipmentBooked ShipmentShipped ShipmentDelivered
//
// How its settings were found is in README.md.
package peer
