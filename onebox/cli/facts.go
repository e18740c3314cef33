package cli

import (
	"strings"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/structpb"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// A fact is one event of an order's trail as it is shown: what the order said
// itself, or what it took down of what another service said.
type fact struct {
	by     string // the service that said it
	name   string // without its package
	detail string // what else matters, in a few words
	path   path
}

// A path says which way a fact leads.
type path int

const (
	onward path = iota // towards delivery
	wrong              // something that makes the order turn round
	back               // the order is being undone
)

// mark is what a line of that path begins with. It tells without colour.
func (p path) mark() string { return [...]string{" ", "!", "<"}[p] }

// paths are the facts that do not lead onward.
var paths = map[string]path{
	"PaymentDeclined":            wrong,
	"PaymentCaptureFailed":       wrong,
	"StockUnavailable":           wrong,
	"StockReleaseRefused":        wrong,
	"ShipmentRefused":            wrong,
	"ShipmentLost":               wrong,
	"OrderCancellationRequested": wrong,
	"StockReleased":              back,
	"PaymentVoided":              back,
	"PaymentRefunded":            back,
	"ShipmentCancelled":          back,
	"OrderCancelled":             back,
	// OrderCancellationRefused leads onward again.
}

// factOf reads an event of a trail.
func factOf(e *orderv1.OrderEvent) fact {
	f := fact{name: e.GetType()}
	body := e.GetBody().GetFields()
	if heard := body["fact"].GetStringValue(); heard != "" && !e.GetPublished() {
		f.name = heard
		f.detail = join(", ", amountIn(body["amount"]), body["detail"].GetStringValue(), parcelIn(body))
	} else {
		f.detail = saidIn(e, body)
	}
	f.by, _, _ = strings.Cut(f.name, ".")
	f.name = f.name[strings.LastIndex(f.name, ".")+1:]
	f.path = paths[f.name]
	return f
}

// saidIn returns what matters of an order's own fact: what it is about, and whose
// word it was said on. The parcel is left out, which the carrier's booking tells.
func saidIn(e *orderv1.OrderEvent, body map[string]*structpb.Value) string {
	total := ""
	if strings.HasSuffix(e.GetType(), ".OrderPlaced") {
		total = amountIn(body["order"].GetStructValue().GetFields()["total"])
	}
	reason := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(body["reason"].GetStringValue(), "CANCEL_REASON_"), "_", " "))
	word := ""
	if by, ok := strings.CutPrefix(e.GetActor(), "service:"); ok {
		word = "on " + by + "'s word"
	}
	return join(", ", total, join(": ", reason, body["note"].GetStringValue()), word)
}

// parcelIn returns who carries the parcel and under which number.
func parcelIn(body map[string]*structpb.Value) string {
	return join(" ", body["carrier"].GetStringValue(), body["trackingNumber"].GetStringValue())
}

// amountIn returns an amount in its JSON form, where units are a string; nothing
// if there is none.
func amountIn(v *structpb.Value) string {
	f := v.GetStructValue().GetFields()
	if f["currencyCode"].GetStringValue() == "" {
		return ""
	}
	m, err := parseAmount(orZero(f["units"].GetStringValue()), f["currencyCode"].GetStringValue())
	if err != nil {
		return ""
	}
	return amount(&moneypb.Money{CurrencyCode: m.GetCurrencyCode(), Units: m.GetUnits(), Nanos: int32(f["nanos"].GetNumberValue())})
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}
