package chaos

import (
	"context"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/onebox/verify"
)

// What counts as doubled goes by the names of laws, which must be those of the
// reconciler.
func TestDoublesAreLaws(t *testing.T) {
	t.Parallel()
	var doubled []string
	for _, c := range verify.Compare(verify.Config{}, verify.Books{}).Checks {
		if doubles(c.Name) {
			doubled = append(doubled, c.Name)
		}
	}
	slices.Sort(doubled)
	want := []string{"carriers", "heard once", "mailbox", "mails", "one end", "provider", "trail"}
	if diff := cmp.Diff(want, doubled); diff != "" {
		t.Errorf("laws whose breach is a doubled effect (-want +got):\n%s", diff)
	}
}

// Orders that have not ended are complaints as much as broken laws are.
func TestComplaintsAreWhole(t *testing.T) {
	t.Parallel()
	found := verify.Report{
		Open: 1, Waiting: []verify.Violation{{ID: "a", What: "placed, waits"}},
		Checks: []verify.Check{
			{Name: "trail", Violations: []verify.Violation{{ID: "b", What: "has a gap"}}},
			{Name: "money", Violations: []verify.Violation{{ID: "c", What: "keeps some"}}},
			{Name: "mails", Violations: []verify.Violation{{ID: "d", What: "has no mail", Missing: true}}},
		},
	}
	want := []string{"stuck: a: placed, waits", "trail: b: has a gap", "money: c: keeps some", "mails: d: has no mail"}
	if diff := cmp.Diff(want, complaints(found)); diff != "" {
		t.Errorf("complaints() (-want +got):\n%s", diff)
	}
	r := &run{shop: &shop{witness: newAnswering()}}
	r.enter(found)
	if r.report.Stuck != 1 || r.report.Doubled != 1 || r.report.Missing != 1 || r.report.Inexact != 1 || r.report.Clean() {
		t.Errorf("enter() made %d stuck, %d doubled, %d missing, %d inexact, clean: %t; want one of each, false",
			r.report.Stuck, r.report.Doubled, r.report.Missing, r.report.Inexact, r.report.Clean())
	}
}

func TestAwaitPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := awaitPort(t.Context(), l.Addr().String()); err != nil {
		t.Errorf("awaitPort(open) = %v; want nil", err)
	}
	l.Close()
	given, up := context.WithCancel(t.Context())
	up()
	if err := awaitPort(given, l.Addr().String()); err == nil {
		t.Error("awaitPort(closed) = nil after its caller has given up; want an error")
	}
}
