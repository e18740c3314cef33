package loop

import "runtime"

// roomy is how large a stack is that work on one thing mostly fits into.
const roomy = 12 << 10

// Roomy gives the goroutine that calls it a stack that its work is going to fit
// into. A stack begins with 2 kB and doubles whenever it is full, which copies all
// that is on it; here there is next to nothing yet.
//
//go:noinline
func Roomy() {
	var room [roomy]byte
	runtime.KeepAlive(&room)
}
