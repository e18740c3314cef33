package rpc

import (
	"fmt"
	"maps"
	"regexp"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Reasons that the server itself gives. Services give their own beside them.
const (
	ReasonInvalid  = "VALIDATION_FAILED"  // the request breaks a declared rule
	ReasonTooLate  = "DEADLINE_EXCEEDED"  // the call's time is up
	ReasonLeft     = "CANCELLED"          // the caller went away
	ReasonStopping = "SERVER_STOPPING"    // this server ends; another one will answer
	ReasonOverload = "OVERLOADED"         // too many calls at a time; try again later
	ReasonWaiting  = "DEPENDENCY_TIMEOUT" // something the server needs did not answer in time
	ReasonInternal = "INTERNAL"           // a fault of the server; its log has the details
)

// A Refusal is a no that a caller can act upon. As an error it may be returned
// by a method as it is, or stand in a Table.
//
// On the wire it is a google.rpc.Status that always has an ErrorInfo (AIP-193);
// the other details are there when the fields are set. Everything in it is
// shown to the caller.
type Refusal struct {
	Code codes.Code // never OK: there would be nothing to refuse
	// Reason tells refusals of one code apart, for programs: UPPER_SNAKE_CASE.
	Reason string
	// Domain is who gives the reason. The server puts its own name if empty.
	Domain string
	// Message tells people what is wrong, in English.
	Message string
	// Fields are what is wrong with which part of the request. They become a
	// BadRequest, or a PreconditionFailure if the code is FailedPrecondition.
	Fields []Field
	// Metadata are the varying parts of the message, for programs.
	Metadata map[string]string
	// RetryAfter, if above zero, says that the same call may succeed later.
	RetryAfter time.Duration
}

// A Field is one part of a request that cannot be accepted.
type Field struct {
	Path        string // as in "lines[0].quantity"
	Description string
}

// BadField returns the refusal of a request for one of its fields.
func BadField(path, description string) Refusal {
	return Refusal{
		Code: codes.InvalidArgument, Reason: ReasonInvalid,
		Message: path + ": " + description,
		Fields:  []Field{{path, description}},
	}
}

// Error returns the message.
func (r Refusal) Error() string {
	if r.Message == "" {
		return r.Reason
	}
	return r.Message
}

// GRPCStatus returns r as it goes over the wire. grpc-go finds it by this name.
func (r Refusal) GRPCStatus() *status.Status {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{
		Reason: r.Reason, Domain: r.Domain, Metadata: maps.Clone(r.Metadata),
	}}
	switch {
	case len(r.Fields) == 0:
	case r.Code == codes.FailedPrecondition:
		details = append(details, r.precondition())
	default:
		details = append(details, r.badRequest())
	}
	if r.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(r.RetryAfter)})
	}
	s, err := status.New(r.Code, r.Error()).WithDetails(details...)
	if err != nil {
		panic(fmt.Sprintf("rpc: refusal without a no: %v", err)) // only for codes.OK
	}
	return s
}

// badRequest says which parts of the request are wrong, whatever the state of the
// world.
func (r Refusal) badRequest() *errdetails.BadRequest {
	b := &errdetails.BadRequest{}
	for _, f := range r.Fields {
		b.FieldViolations = append(b.FieldViolations,
			&errdetails.BadRequest_FieldViolation{Field: f.Path, Description: f.Description})
	}
	return b
}

// precondition says what in the state of the world is in the way of a request
// that is in order. The subject is the part of the request that names it.
func (r Refusal) precondition() *errdetails.PreconditionFailure {
	p := &errdetails.PreconditionFailure{}
	for _, f := range r.Fields {
		p.Violations = append(p.Violations,
			&errdetails.PreconditionFailure_Violation{Type: r.Reason, Subject: f.Path, Description: f.Description})
	}
	return p
}

// wellFormed says what is wrong with a refusal as it stands in a program.
func (r Refusal) wellFormed() error {
	switch {
	case r.Code == codes.OK:
		return fmt.Errorf("refusal %s has code OK", r.Reason)
	case !regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,61}[A-Z0-9]$`).MatchString(r.Reason):
		return fmt.Errorf("reason %q is not UPPER_SNAKE_CASE of 2 to 63 letters", r.Reason)
	}
	return nil
}
