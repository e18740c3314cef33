package pglog

import "math"

// Carefully has a log that nobody uses yet never take anything for true, for
// comparison.
func (l *Log) Carefully() { l.pace.rest = math.MaxInt }
