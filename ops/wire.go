package ops

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	opsv1 "orpheus.example/gen/go/ops/v1"
	"orpheus.example/kit/deadletter"
)

var reasons = map[deadletter.Reason]opsv1.DeadLetterReason{
	deadletter.Unreadable: opsv1.DeadLetterReason_DEAD_LETTER_REASON_UNREADABLE,
	deadletter.Forged:     opsv1.DeadLetterReason_DEAD_LETTER_REASON_FORGED,
	deadletter.Refused:    opsv1.DeadLetterReason_DEAD_LETTER_REASON_REFUSED,
	deadletter.Exhausted:  opsv1.DeadLetterReason_DEAD_LETTER_REASON_EXHAUSTED,
	deadletter.Behind:     opsv1.DeadLetterReason_DEAD_LETTER_REASON_BEHIND,
}

var outcomes = map[deadletter.Outcome]opsv1.ReplayDeadLettersResponse_Outcome{
	deadletter.ReplayHandled: opsv1.ReplayDeadLettersResponse_OUTCOME_HANDLED,
	deadletter.ReplayFailed:  opsv1.ReplayDeadLettersResponse_OUTCOME_FAILED,
	deadletter.ReplayWaits:   opsv1.ReplayDeadLettersResponse_OUTCOME_WAITS,
	deadletter.ReplayGone:    opsv1.ReplayDeadLettersResponse_OUTCOME_GONE,
}

var interventions = map[string]opsv1.Intervention_Kind{
	deadletter.InterventionHandled:   opsv1.Intervention_KIND_REPLAYED,
	deadletter.InterventionFailed:    opsv1.Intervention_KIND_FAILED,
	deadletter.InterventionDiscarded: opsv1.Intervention_KIND_DISCARDED,
}

// letterToWire puts together what the list knows of a letter, and what its message
// says, without its body.
func letterToWire(l deadletter.Listed, full deadletter.Letter) *opsv1.DeadLetter {
	m := full.Message
	return &opsv1.DeadLetter{
		LetterId: l.ID, Number: l.Number, Reason: reasons[l.Reason], Error: l.Error, Cause: l.Cause,
		Attempts: int32(min(l.Attempts, 1<<30)), ParkedTime: stamp(l.Parked), OrderId: l.Order, //nolint:gosec // it is bounded
		Type: m.Type, Source: m.Source, Subject: m.Subject, Version: m.Version, EventTime: stamp(m.Time),
		CausationId: m.Causation, Actor: m.Actor, Traceparent: m.Trace,
	}
}

func groupToWire(g deadletter.Group) *opsv1.DeadLetterCause {
	return &opsv1.DeadLetterCause{
		Cause: g.Cause, Reason: reasons[g.Reason], Type: g.Type, Example: g.Example,
		Letters: g.Letters, Orders: g.Orders, FirstTime: stamp(g.First), LastTime: stamp(g.Last),
	}
}

func heldToWire(h deadletter.Held) *opsv1.DeadLetterOrder {
	return &opsv1.DeadLetterOrder{OrderId: h.Order, Letters: h.Letters, Cause: h.Cause, FirstTime: stamp(h.First)}
}

func interventionToWire(i deadletter.Intervention) *opsv1.Intervention {
	return &opsv1.Intervention{
		Kind: interventions[i.Kind], LetterId: i.Letter, OrderId: i.Order, Type: i.Type,
		Operator: i.Operator, Reason: i.Reason, Time: stamp(i.At),
	}
}

// stamp returns nothing for a time that nobody knows.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
