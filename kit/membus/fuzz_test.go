package membus

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"orpheus.example/kit/bus"
)

// FuzzFold feeds records that are whole and say anything: they are refused or
// taken, and neither takes more memory than they are long.
func FuzzFold(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		p := &past{hearers: []*entry{{name: "payment", waiting: map[uint64]*letter{7: {seq: 7}}}}}
		if len(body) > 0 {
			_ = p.fold(body) // it need only return
		}
	})
}

func seeds() [][]byte {
	h, l := newHearer(0, "payment", 1), full()
	return [][]byte{
		putHearer(nil, 1, "notify", []string{"order.v1.OrderPlaced"}),
		putSaid(nil, l, []*hearer{h}),
		putSeqs(nil, recordSettled, 0, []uint64{7}),
		putSeqs(nil, recordBuried, 0, []uint64{7, 8}),
		putSeqs(nil, recordRevived, 0, []uint64{7}),
	}
}

func full() *letter {
	return &letter{seq: 8, Message: bus.Message{
		ID: uuid.MustParse("0198f3ac-5f0e-7c3a-9b1d-2f4e6a8c0b1d"), Type: "order.v1.OrderPlaced", Subject: "order-1",
		Version: 3, Source: "order", Body: []byte{0, 1, 0xff}, Time: time.Date(1969, 7, 20, 20, 17, 40, 5, time.UTC),
		Correlation: "c", Causation: "a", Actor: "customer:ann", Trace: "00-1", Replayed: true,
	}}
}

// All that travels is in the journal. The laws of bustest do not see to that:
// they compare fields of what has not been through a restart. So a field that
// is added to bus.Message belongs into full.
func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	for _, body := range seeds() {
		framed := frame(nil, func(b []byte) []byte { return append(b, body...) })
		got, rest, err := unframe(framed)
		if diff := cmp.Diff(body, got); diff != "" || len(rest) > 0 || err != nil {
			t.Errorf("unframe(frame(record)) = %d bytes left, %v (-want +got):\n%s", len(rest), err, diff)
		}
	}
	p := &past{hearers: []*entry{{waiting: map[uint64]*letter{}}}}
	if err := p.fold(putSaid(nil, full(), []*hearer{{id: 0}})); err != nil {
		t.Fatalf("fold(said) = %v; want nil", err)
	}
	if diff := cmp.Diff(full().Message, p.hearers[0].waiting[8].Message); diff != "" {
		t.Errorf("message after its way through the journal (-want +got):\n%s", diff)
	}
	if err := p.fold([]byte{99}); err == nil {
		t.Error("fold of an unknown kind = nil; want an error")
	}
}
