package part

import (
	"context"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"orpheus.example/bench/stand"
	orderv1 "orpheus.example/gen/go/order/v1"
)

// protobuf measures writing and reading the largest of the facts.
func (m *measuring) protobuf(ctx context.Context) error {
	fact := placed()
	body, err := proto.Marshal(fact)
	if err != nil {
		return err
	}
	write, rate, err := m.used(ctx, m.repeat(func() error {
		_, err := proto.Marshal(fact)
		return err
	}))
	if err != nil {
		return err
	}
	read, _, err := m.used(ctx, m.repeat(func() error { return proto.Unmarshal(body, &orderv1.OrderPlaced{}) }))
	if err != nil {
		return err
	}
	m.out.Rates["facts written"] = rate
	m.out.Costs.Encode, m.out.Costs.Decode = write[stand.Generator], read[stand.Generator]
	return nil
}

// repeat returns what does something for a while, and says how often it did. The
// clock is looked at now and then only: it would cost more than what is measured.
func (m *measuring) repeat(do func() error) func(context.Context) (int64, error) {
	const often = 256
	return func(context.Context) (n int64, err error) {
		for until := time.Now().Add(m.Each); time.Now().Before(until); n += often {
			for range often {
				if err := do(); err != nil {
					return n, err
				}
			}
		}
		return n, nil
	}
}

func placed() *orderv1.OrderPlaced {
	price := &moneypb.Money{CurrencyCode: "EUR", Units: 21}
	now := timestamppb.Now()
	return &orderv1.OrderPlaced{
		OrderId: uuid.NewString(), Sequence: 1, TransactionId: uuid.NewString(), PaymentToken: "tok_ok",
		PlaceTime: now, PayBy: now, FulfilBy: now,
		Order: &orderv1.OrderDetails{
			CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
			ShipTo: &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
			Lines:  []*orderv1.OrderLine{{Sku: "BENCH", Quantity: 1, UnitPrice: price}}, Total: price,
		},
	}
}
