// Package demo is a guided tour of the shop: five orders, one that goes well and
// four that do not, each told by the facts that the services say of it, as they
// say them, and by what is left in the end: of the order, the money, the stock,
// the parcel and the mail.
//
// Nothing is told that is not checked. Each scene says beforehand which facts
// have to be said and how everything has to end; the tour ends with an error if
// anything is otherwise, and with the reconciler's report if all is well.
package demo
