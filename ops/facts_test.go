package ops_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

func since(position int64) *opsv1.ReplayFactsRequest {
	return &opsv1.ReplayFactsRequest{Since: &opsv1.ReplayFactsRequest_Position{Position: position}, Operator: "ann"}
}

// replay replays facts and returns all that was told.
func (o *office) replay(t *testing.T, r *opsv1.ReplayFactsRequest) ([]*opsv1.ReplayFactsResponse, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := o.ReplayFacts(ctx, r)
	var told []*opsv1.ReplayFactsResponse
	for err == nil {
		var one *opsv1.ReplayFactsResponse
		if one, err = stream.Recv(); err == nil {
			told = append(told, one)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return told, err
}

// mustReplay returns the last that was told.
func (o *office) mustReplay(t *testing.T, r *opsv1.ReplayFactsRequest) *opsv1.ReplayFactsResponse {
	t.Helper()
	told, err := o.replay(t, r)
	if err != nil || len(told) == 0 {
		t.Fatalf("ReplayFacts(%v) told %v, %v; want an end, nil", r, told, err)
	}
	return told[len(told)-1]
}

func checkHeard(t *testing.T, o *office, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, o.heard(t)); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// talk has a service say five facts of two streams, an hour apart, with one event
// between them that is nobody else's business, and the relay say them.
func talk(t *testing.T) *office {
	t.Helper()
	o := open(t)
	for i, e := range [][2]string{
		{"a", "v1.Said"}, {"b", "v1.Said"}, {"a", "v1.Kept"}, {"a", "v1.Told"}, {"b", "v1.Said"}, {"a", "v1.Said"},
	} {
		o.keep(t, e[0], e[1], noon.Add(time.Duration(i-6)*time.Hour))
	}
	o.relayAll(t)
	checkHeard(t, o, "a/1", "b/1", "a/3", "b/2", "a/4")
	return o
}

func TestFactsAreSaidAgain(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(noon.Add(d)) }
	for name, c := range map[string]struct {
		ask  *opsv1.ReplayFactsRequest
		want []string
	}{
		"from_the_beginning":         {since(0), []string{"a/1*", "b/1*", "a/3*", "b/2*", "a/4*"}},
		"after_a_position":           {since(3), []string{"a/3*", "b/2*", "a/4*"}},
		"after_the_end":              {since(99), nil},
		"of_a_type":                  {&opsv1.ReplayFactsRequest{Since: since(0).GetSince(), Operator: "ann", Types: []string{"v1.Told"}}, []string{"a/3*"}},
		"since_a_time":               {&opsv1.ReplayFactsRequest{Since: &opsv1.ReplayFactsRequest_Time{Time: at(-150 * time.Minute)}, Operator: "ann"}, []string{"b/2*", "a/4*"}},
		"since_a_minute_too_early":   {&opsv1.ReplayFactsRequest{Since: &opsv1.ReplayFactsRequest_Time{Time: at(-time.Hour + time.Minute)}, Operator: "ann"}, []string{"a/4*"}},
		"since_before_it_all":        {&opsv1.ReplayFactsRequest{Since: &opsv1.ReplayFactsRequest_Time{Time: at(-99 * time.Hour)}, Operator: "ann"}, []string{"a/1*", "b/1*", "a/3*", "b/2*", "a/4*"}},
		"since_after_it_all":         {&opsv1.ReplayFactsRequest{Since: &opsv1.ReplayFactsRequest_Time{Time: at(time.Hour)}, Operator: "ann"}, nil},
		"since_some_hours":           {&opsv1.ReplayFactsRequest{Since: &opsv1.ReplayFactsRequest_Ago{Ago: durationpb.New(2 * time.Hour)}, Operator: "ann"}, []string{"b/2*", "a/4*"}},
		"at_a_rate_that_is_no_burst": {&opsv1.ReplayFactsRequest{Since: since(0).GetSince(), Operator: "ann", Rate: 1.5}, []string{"a/1*", "b/1*", "a/3*", "b/2*", "a/4*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := talk(t)
			end := o.mustReplay(t, c.ask)
			want := &opsv1.ReplayFactsResponse{Facts: int64(len(c.want)), Position: 6, End: 6}
			if diff := cmp.Diff(want, end, protocmp.Transform()); diff != "" {
				t.Errorf("the last that was told (-want +got):\n%s", diff)
			}
			checkHeard(t, o, c.want...)
		})
	}
}

// TestADryRunOnlyCounts leaves the bus alone.
func TestADryRunOnlyCounts(t *testing.T) {
	t.Parallel()
	o := talk(t)
	r := since(1)
	r.DryRun = true
	if end := o.mustReplay(t, r); end.GetFacts() != 4 {
		t.Errorf("ReplayFacts(%v) counted %d; want 4", r, end.GetFacts())
	}
	checkHeard(t, o)
}

// talkOn has two more facts in the log than the relay has noted that it said.
func talkOn(t *testing.T) *office {
	t.Helper()
	o := talk(t)
	o.keep(t, "a", "v1.Said", noon)
	o.keep(t, "a", "v1.Said", noon)
	return o
}

// TestAReplayGoesToTheEnd takes in what the relay has not noted that it said. It may
// have, to a broker that has lost it since.
func TestAReplayGoesToTheEnd(t *testing.T) {
	t.Parallel()
	o := talkOn(t)
	if end := o.mustReplay(t, since(4)); end.GetFacts() != 4 || end.GetEnd() != 8 {
		t.Errorf("ReplayFacts(4) = %v; want four facts up to position 8, the end", end)
	}
	checkHeard(t, o, "b/2*", "a/4*", "a/5*", "a/6*")
	o.relayAll(t)
	checkHeard(t, o, "a/5", "a/6") // it is not disturbed
}

// TestAReplayDoesNotPassTheRelay keeps a fact from coming before one of its stream
// that nobody has heard: a replay that would begin beyond the relay begins there.
func TestAReplayDoesNotPassTheRelay(t *testing.T) {
	t.Parallel()
	o := talkOn(t)
	if end := o.mustReplay(t, since(7)); end.GetFacts() != 2 || end.GetEnd() != 8 {
		t.Errorf("ReplayFacts(7) = %v; want two facts up to position 8", end)
	}
	checkHeard(t, o, "a/5*", "a/6*")
}

// TestAReplayOutlastsABrokerThatIsAway breaks the connections again and again
// while a replay runs. Nothing of a stream comes before what was said before it
// was ever heard again.
func TestAReplayOutlastsABrokerThatIsAway(t *testing.T) {
	t.Parallel()
	const n = 300
	o := open(t)
	for range n {
		o.keep(t, "a", "v1.Said", noon)
	}
	o.relayAll(t)
	o.heard(t)
	r := since(0)
	r.Rate = 400
	ended := make(chan error, 1)
	go func() {
		_, err := o.replay(t, r)
		ended <- err
	}()
	for last, broken := int64(0), int64(0); last < n; {
		select {
		case <-o.queue.Arrived():
		case <-time.After(patience):
			t.Fatalf("heard up to a/%d within %s; want %d", last, patience, n)
		}
		for _, d := range o.queue.Receive(20) {
			if d.Version > last+1 {
				t.Fatalf("heard a/%d after a/%d", d.Version, last)
			}
			last = max(last, d.Version)
			if err := o.queue.Ack(d); err != nil {
				t.Fatal(err)
			}
		}
		if last >= (broken+1)*n/4 && last < n {
			broken++
			if err := o.broker.Break(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("ReplayFacts = %v; want nil", err)
	}
}

func TestWhatCannotBeReplayedIsRefused(t *testing.T) {
	t.Parallel()
	o := open(t)
	for field, r := range map[string]*opsv1.ReplayFactsRequest{
		"since":    {Operator: "ann"},
		"types[1]": {Since: since(0).GetSince(), Operator: "ann", Types: []string{"v1.Said", "v1.Kept"}},
		"operator": {Since: since(0).GetSince()},
		"rate":     {Since: since(0).GetSince(), Operator: "ann", Rate: -1},
	} {
		_, err := o.replay(t, r)
		st := status.Convert(err)
		var got string
		for _, d := range st.Details() {
			if bad, ok := d.(*errdetails.BadRequest); ok {
				got = bad.GetFieldViolations()[0].GetField()
			}
		}
		if st.Code() != codes.InvalidArgument || got != field {
			t.Errorf("ReplayFacts(%v) = %v about field %q; want InvalidArgument about %q", r, err, got, field)
		}
	}
}

// TestLagIsTold asks before and after the relay has worked.
func TestLagIsTold(t *testing.T) {
	t.Parallel()
	o := open(t)
	for range 3 {
		o.keep(t, "a", "v1.Said", noon)
	}
	check := func(want *opsv1.Lag) {
		t.Helper()
		got, err := o.GetLag(t.Context(), &opsv1.GetLagRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]*opsv1.Lag{want}, got.GetLags(), protocmp.Transform()); diff != "" {
			t.Errorf("GetLag (-want +got):\n%s", diff)
		}
	}
	check(&opsv1.Lag{Step: "relay", Waiting: 3, OldestTime: timestamppb.New(noon)})
	o.relayAll(t)
	check(&opsv1.Lag{Step: "relay"})
}

// TestProgressIsTold has more facts than are said at a time.
func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	o := open(t)
	for i := range 600 {
		o.keep(t, fmt.Sprint("s", i), "v1.Said", noon)
	}
	o.relayAll(t)
	r := since(0)
	r.Rate = 100_000
	told, err := o.replay(t, r)
	if err != nil || len(told) < 3 {
		t.Fatalf("ReplayFacts told %d times, %v; want at least 3, nil", len(told), err)
	}
	for i, one := range told[1:] {
		if one.GetFacts() < told[i].GetFacts() || one.GetPosition() < told[i].GetPosition() || one.GetEnd() != 600 {
			t.Errorf("told %v after %v; want progress up to 600", one, told[i])
		}
	}
}
