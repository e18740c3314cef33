package rabbitbus

import (
	"testing"

	"go.uber.org/goleak"
)

// A bus that is closed leaves nothing behind, whatever it went through.
func TestMain(m *testing.M) {
	// The shared broker ends with the program, not with its tests.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("orpheus.example/kit/servers/process.(*Process).supervise"))
}
