package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// MaxFields is how many broken rules a caller is told of at once. Details travel
// in the trailers, for which some clients have no more than 8 KiB.
const MaxFields = 20

// newValidator returns what checks messages against the rules that are declared
// in their protobuf files. The rules of a message are compiled at its first use,
// which costs the first caller some tens of milliseconds, and a few megabytes if
// the rules hold expressions. Compiling all of them at once would cost every start
// as much, for messages that may never come.
func newValidator() protovalidate.Validator {
	v, err := protovalidate.New()
	if err != nil {
		panic(fmt.Sprintf("rpc: validator: %v", err)) // without options there is nothing to fail
	}
	return v
}

// check returns the refusal of a request that breaks its rules. An error of
// another kind means that the rules themselves are broken.
func check(v protovalidate.Validator, req any) error {
	m, ok := req.(proto.Message)
	if !ok {
		return nil
	}
	err := v.Validate(m)
	if broken, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		return invalid(broken)
	}
	return err
}

// invalid retells broken rules. Paths are those of the protobuf fields, which is
// what callers in any language know them by.
func invalid(broken *protovalidate.ValidationError) Refusal {
	r := Refusal{Code: codes.InvalidArgument, Reason: ReasonInvalid}
	var texts []string
	for _, v := range broken.Violations[:min(len(broken.Violations), MaxFields)] {
		f := Field{protovalidate.FieldPathString(v.Proto.GetField()), v.Proto.GetMessage()}
		r.Fields = append(r.Fields, f)
		texts = append(texts, strings.TrimPrefix(f.Path+": "+f.Description, ": "))
	}
	r.Message = strings.Join(texts, "; ")
	if more := len(broken.Violations) - MaxFields; more > 0 {
		r.Message += fmt.Sprintf("; and %d more", more)
	}
	return r
}

// validUnary lets no request through to its method that breaks its rules.
func (s *Server) validUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := check(s.validator, req); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

// validStream does the same for each message of a stream: those of a stream that
// only the server speaks on, for its one request.
func (s *Server) validStream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	return next(srv, &checkedStream{ss, s.validator})
}

// checkedStream checks each message that comes in.
type checkedStream struct {
	grpc.ServerStream
	validator protovalidate.Validator
}

// RecvMsg returns the refusal in place of the message. Generated code passes it
// on as the end of the stream.
func (c *checkedStream) RecvMsg(m any) error {
	if err := c.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return check(c.validator, m)
}
