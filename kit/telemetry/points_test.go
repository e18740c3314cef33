package telemetry_test

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// counted returns, by name, what the metrics with a certain attribute say: a sum
// or a number of observations, and all attributes.
func counted(t *testing.T, key attribute.Key, value string) map[string]string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := readings.Collect(t.Context(), &all); err != nil {
		t.Fatalf("Collect() = %v; want nil", err)
	}
	got := map[string]string{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			each(m.Data, func(count int64, set attribute.Set) {
				if v, _ := set.Value(key); v.AsString() == value {
					got[m.Name] = fmt.Sprint(count, " ", set.Encoded(attribute.DefaultEncoder()))
				}
			})
		}
	}
	return got
}

func each(d metricdata.Aggregation, visit func(int64, attribute.Set)) {
	switch d := d.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			visit(p.Value, p.Attributes)
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			visit(int64(p.Count), p.Attributes)
		}
	}
}
