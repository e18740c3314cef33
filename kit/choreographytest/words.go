package choreographytest

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"orpheus.example/kit/bus"
	"orpheus.example/kit/choreography"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/wire"
)

// Heard returns the commands that facts come down to, by the service's own
// react: what its queue is handed to. A fact may be given several times, with
// different bodies.
func Heard[C any](
	t *testing.T, react func(bus.Message) ([]decider.Reaction[C], error), facts ...proto.Message,
) map[choreography.Cause][]C {
	t.Helper()
	met := map[choreography.Cause][]C{}
	for i, fact := range facts {
		body, err := proto.Marshal(fact)
		if err != nil {
			t.Fatal(err)
		}
		id := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Append(nil, i))
		asks, err := react(bus.Message{ID: id, Type: wire.Kind(fact), Source: "test", Body: body, Time: time.Unix(0, 0)})
		if err != nil {
			t.Fatalf("react(%s) = %v", wire.Kind(fact), err)
		}
		for _, ask := range asks {
			met[choreography.Fact(fact)] = append(met[choreography.Fact(fact)], ask.Do)
		}
	}
	return met
}

// And returns met with what requests come down to.
func And[C any](met, requests map[choreography.Cause][]C) map[choreography.Cause][]C {
	maps.Copy(met, requests)
	return met
}

// Names returns what names the facts among events: the name of what an event is
// kept as, if it is one that the service says.
func Names[E any](t *testing.T, codec wire.Codec[E], says wire.Kinds) func(E) string {
	t.Helper()
	return func(e E) string {
		m, err := codec.To(e)
		if err != nil {
			t.Fatalf("keep %T: %v", e, err)
		}
		if kind := wire.Kind(m); says.Has(kind) {
			return kind
		}
		return ""
	}
}
