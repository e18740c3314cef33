package sim

// A Rare is something that must happen in some schedules, or the run has not
// looked where trouble lies. There is one for each kind of failure, for each way
// in which an order can end, and for each branch of the choreography that takes
// a race to get into.
type Rare int

// What must happen, in the order of the report.
const (
	Delivered Rare = iota
	CancelledByCustomer
	CancelledDeclined
	CancelledOutOfStock
	CancelledExpired
	CancelledOverdue
	CancelledCarrierRefused
	CancelledCaptureFailed
	CancelRefused // the customer is told that the goods have left
	LatePayment   // money is held for an order that is cancelled already
	PaymentTombstone
	StockTombstone
	ShipmentTombstone
	ReleaseRefused
	MoneyVoided
	MoneyRefunded
	RefundByStaff
	LabelCancelled
	SecondCarrier
	ParcelLost
	MailRefused
	MailTwice
	GapWaitEnded
	MessageDuplicated
	MessageReordered
	MessageReplayed
	ConnectionLost
	AckLost
	ConfirmLost
	PublishFailed
	StoreFailed
	AnswerLost // of a commit that was made
	CommitFailed
	CrashOrder
	CrashPayment
	CrashInventory
	CrashShipping
	CrashNotify
	CrashBeforeEffect
	CrashAfterEffect
	PortFailedBefore
	PortFailedAfter
	PortDown
	BreakerOpen
	ClockJumped
	BrokerWiped
	RequestRepeated
	rares // how many there are
)

var rareNames = [rares]string{
	"delivered", "cancelled by customer", "cancelled: declined", "cancelled: out of stock", "cancelled: not paid in time",
	"cancelled: overdue", "cancelled: carriers refused", "cancelled: capture failed", "cancellation refused",
	"late payment", "payment tombstone", "stock tombstone", "shipment tombstone", "stock release refused",
	"money voided", "money refunded", "refund by staff", "label cancelled", "second carrier", "parcel lost",
	"mail refused", "mail came twice", "gap wait ended",
	"message duplicated", "message reordered", "message replayed", "connection lost", "ack lost", "confirm lost",
	"publish failed", "store failed", "answer to commit lost", "commit failed",
	"crash of order", "crash of payment", "crash of inventory", "crash of shipping", "crash of notify",
	"crash before an effect", "crash after an effect",
	"call failed before its work", "call failed after its work", "target down", "breaker open",
	"clock jumped", "broker wiped", "request repeated",
}

// String returns what happened, for people.
func (r Rare) String() string { return rareNames[r] }

// Counts says how often each rare thing happened.
type Counts [rares]uint64

// Add adds other to c.
func (c *Counts) Add(other *Counts) {
	for i, n := range other {
		c[i] += n
	}
}

// Missing returns what never happened.
func (c *Counts) Missing() []Rare {
	var missing []Rare
	for i, n := range c {
		if n == 0 {
			missing = append(missing, Rare(i))
		}
	}
	return missing
}
