package telemetry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"orpheus.example/kit/telemetry"
)

func TestPublishedMessagesAreCounted(t *testing.T) {
	t.Parallel()
	exchange := unique(t)
	_, done := telemetry.Publish(t.Context(), exchange, []string{"", "", ""})
	done(2, errBroken)
	want := map[string]string{
		"messaging.client.sent.messages": "2 messaging.destination.name=" + exchange + "," +
			"messaging.operation.name=publish,messaging.system=rabbitmq",
		"messaging.client.operation.duration": "1 error.type=*errors.errorString,messaging.destination.name=" + exchange + "," +
			"messaging.operation.name=publish,messaging.operation.type=send,messaging.system=rabbitmq",
	}
	if diff := cmp.Diff(want, counted(t, "messaging.destination.name", exchange)); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestProcessedMessagesAreCounted(t *testing.T) {
	t.Parallel()
	h := hop("")
	h.Exchange = unique(t)
	_, done := telemetry.Process(t.Context(), h)
	done(nil)
	at := "messaging.destination.name=" + h.Exchange + ":a.v1.Done:hearer"
	want := map[string]string{
		"messaging.client.consumed.messages": "1 " + at + ",messaging.operation.name=process,messaging.system=rabbitmq",
		"messaging.process.duration":         "1 " + at + ",messaging.operation.name=process,messaging.system=rabbitmq",
		"orpheus.critical.duration":          "1 " + at,
	}
	if diff := cmp.Diff(want, counted(t, "messaging.destination.name", h.Exchange+":a.v1.Done:hearer")); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestDuplicatesAreCounted(t *testing.T) {
	t.Parallel()
	kind := unique(t)
	telemetry.Duplicate(t.Context(), kind)
	const key = "messaging.rabbitmq.destination.routing_key"
	want := map[string]string{"orpheus.inbox.duplicates": "1 " + key + "=" + kind}
	if diff := cmp.Diff(want, counted(t, key, kind)); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}
