package shipping_test

import (
	"testing"

	"orpheus.example/kit/puretest"
)

func TestPure(t *testing.T) {
	t.Parallel()
	puretest.Check(t, ".")
}
