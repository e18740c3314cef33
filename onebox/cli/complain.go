package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"orpheus.example/onebox/load"
	"orpheus.example/onebox/sim"
	"orpheus.example/onebox/verify"
)

// complain tells a person what went wrong, and returns the exit code for it.
func (s *session) complain(err error) int {
	var b strings.Builder
	code := ExitRefused
	st, fromServer := status.FromError(err)
	switch {
	case errors.Is(err, verify.ErrViolated):
		// The report has named them all.
		fmt.Fprintf(&b, "error: %v\n", verify.ErrViolated)
		code = ExitViolated
	case errors.Is(err, load.ErrLost), errors.Is(err, sim.ErrViolated):
		fmt.Fprintf(&b, "error: %v\n", err)
		code = ExitViolated
	case errors.Is(err, errMissing):
		fmt.Fprintf(&b, "error: %v\n", err)
		code = ExitUnreachable
	case fromServer && unreachable(st):
		fmt.Fprintf(&b, "error: no answer: %s\n", plainCause(st.Message()))
		b.WriteString("  'orpheus doctor' says what can be reached; --target says where to look.\n")
		code = ExitUnreachable
	case fromServer:
		writeStatus(&b, st)
	default:
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	_, _ = s.Err.Write([]byte(b.String())) // nobody is left to tell
	return code
}

// unreachable reports whether st is from our own side of the connection. What a
// service says has an ErrorInfo.
func unreachable(st *status.Status) bool {
	if st.Code() != codes.Unavailable && st.Code() != codes.DeadlineExceeded {
		return false
	}
	for _, d := range st.Details() {
		if _, ok := d.(*errdetails.ErrorInfo); ok {
			return false
		}
	}
	return true
}

// plainCause returns what went wrong with a connection without what gRPC packs
// it in, which is quoted three deep.
func plainCause(message string) string {
	if i := strings.LastIndex(message, "dial tcp "); i >= 0 {
		return strings.TrimRight(message[i:], `"`)
	}
	return message
}

// writeStatus writes what a service has refused, for whom and why.
func writeStatus(b *strings.Builder, st *status.Status) {
	fmt.Fprintf(b, "error: %s\n", st.Message())
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			fmt.Fprintf(b, "  reason  %s (%s, said by %s)\n", d.GetReason(), words(st.Code().String()), d.GetDomain())
			for _, k := range slices.Sorted(maps.Keys(d.GetMetadata())) {
				fmt.Fprintf(b, "  %-6s  %s\n", k, d.GetMetadata()[k])
			}
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fmt.Fprintf(b, "  field   %s: %s\n", v.GetField(), v.GetDescription())
			}
		case *errdetails.PreconditionFailure:
			for _, v := range d.GetViolations() {
				fmt.Fprintf(b, "  field   %s: %s\n", v.GetSubject(), v.GetDescription())
			}
		case *errdetails.RetryInfo:
			fmt.Fprintf(b, "  retry   in %s\n", d.GetRetryDelay().AsDuration())
		}
	}
}

// words returns "FailedPrecondition" as "failed precondition".
func words(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
