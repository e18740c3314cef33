package telemetry_test

import (
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"

	"orpheus.example/kit/telemetry"
)

// What a hop costs with spans off and on; metrics are on in both.
func BenchmarkHop(b *testing.B) {
	recording := otel.GetTracerProvider()
	b.Cleanup(func() { otel.SetTracerProvider(recording) })
	h := hop("")
	b.Run("on", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, end := telemetry.Process(b.Context(), h)
			end(nil)
			spans.Reset()
		}
	})
	otel.SetTracerProvider(noop.NewTracerProvider())
	b.Run("off", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, end := telemetry.Process(b.Context(), h)
			end(nil)
		}
	})
	b.Run("ask_off", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, end := telemetry.Start(b.Context(), "order ask Place")
			_ = telemetry.Traceparent(b.Context())
			end(nil)
		}
	})
}
