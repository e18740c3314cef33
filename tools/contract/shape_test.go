// Package contract_test holds the contract to the habits that no linter knows:
// what a fact, a call and a request look like in all five packages, and what a
// request's rules let through. It sees the generated Go code only, as a client
// does.
package contract_test

import (
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "orpheus.example/gen/go/inventory/v1"
	_ "orpheus.example/gen/go/notify/v1"
	_ "orpheus.example/gen/go/order/v1"
	_ "orpheus.example/gen/go/payment/v1"
	_ "orpheus.example/gen/go/shipping/v1"
)

var packages = []protoreflect.FullName{"inventory.v1", "notify.v1", "order.v1", "payment.v1", "shipping.v1"}

// files returns the contract's files whose path ends so.
func files(t *testing.T, suffix string) []protoreflect.FileDescriptor {
	t.Helper()
	var found []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if slices.Contains(packages, f.Package()) && strings.HasSuffix(f.Path(), suffix) {
			found = append(found, f)
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("no file ends with %q", suffix)
	}
	return found
}

// methods returns every call of every service.
func methods(t *testing.T) []protoreflect.MethodDescriptor {
	t.Helper()
	var found []protoreflect.MethodDescriptor
	for _, file := range files(t, "_service.proto") {
		service := file.Services().Get(0)
		for i := range service.Methods().Len() {
			found = append(found, service.Methods().Get(i))
		}
	}
	return found
}

// A service's contract stands alone: whoever hears a fact retells it in words of
// its own, so that no two services have to change together.
func TestPackagesDoNotImportEachOther(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, ".proto") {
		for i := range file.Imports().Len() {
			imported := file.Imports().Get(i)
			if imported.Package() != file.Package() && slices.Contains(packages, imported.Package()) {
				t.Errorf("%s imports %s; want only its own package", file.Path(), imported.Path())
			}
		}
	}
}

// A fact begins with what it is about: hearers find the stream to load there.
func TestFactsAndRecordsBeginWithTheirKey(t *testing.T) {
	t.Parallel()
	parts := []protoreflect.Name{"ShortLine", "MailLine"}
	for _, file := range append(files(t, "_facts.proto"), files(t, "_records.proto")...) {
		for i := range file.Messages().Len() {
			message := file.Messages().Get(i)
			if slices.Contains(parts, message.Name()) {
				continue
			}
			first := message.Fields().ByNumber(1)
			if first == nil || first.Name() != "order_id" && first.Name() != "sku" {
				t.Errorf("%s begins with %v; want order_id or sku", message.FullName(), first)
			}
		}
	}
}

// Who hears any fact of order knows the whole order and the fact's place in it.
func TestOrderFactsCarryTheOrder(t *testing.T) {
	t.Parallel()
	want := []protoreflect.Name{"order_id", "sequence", "order"}
	for _, file := range files(t, "order_facts.proto") {
		for i := range file.Messages().Len() {
			message := file.Messages().Get(i)
			for n, name := range want {
				field := message.Fields().ByNumber(protoreflect.FieldNumber(n + 1))
				if field == nil || field.Name() != name {
					t.Errorf("field %d of %s = %v; want %s", n+1, message.FullName(), field, name)
				}
			}
		}
	}
}

// A client may repeat every call: reads have no effect, and what has an effect
// is told apart by a request id.
func TestEveryCallMayBeRepeated(t *testing.T) {
	t.Parallel()
	for _, method := range methods(t) {
		level := method.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel()
		requestID := method.Input().Fields().ByName("request_id")
		switch level {
		case descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
			if requestID != nil {
				t.Errorf("%s has no side effects, but a request_id", method.FullName())
			}
		case descriptorpb.MethodOptions_IDEMPOTENT:
			if requestID == nil {
				t.Errorf("%s has side effects; want a request_id", method.FullName())
			}
		default:
			t.Errorf("idempotency_level of %s = %v; want one that is set", method.FullName(), level)
		}
	}
}

// All lists are paged alike (AIP-158).
func TestListsArePaged(t *testing.T) {
	t.Parallel()
	for _, method := range methods(t) {
		if !strings.HasPrefix(string(method.Name()), "List") {
			continue
		}
		for _, name := range []protoreflect.Name{"page_size", "page_token"} {
			if method.Input().Fields().ByName(name) == nil {
				t.Errorf("%s has no %s", method.Input().FullName(), name)
			}
		}
		output := method.Output()
		if results := output.Fields().ByNumber(1); !results.IsList() {
			t.Errorf("field 1 of %s = %s; want the results", output.FullName(), results.Name())
		}
		if output.Fields().ByName("next_page_token") == nil {
			t.Errorf("%s has no next_page_token", output.FullName())
		}
	}
}

// A field whose name is a keyword of Python can neither be read nor set there as
// others are.
func TestNoFieldIsAKeyword(t *testing.T) {
	t.Parallel()
	keywords := strings.Fields(`and as assert async await break class continue def del elif else except
		finally for from global if import in is lambda nonlocal not or pass raise return try while with yield`)
	for _, file := range files(t, ".proto") {
		for i := range file.Messages().Len() {
			fields := file.Messages().Get(i).Fields()
			for n := range fields.Len() {
				if field := fields.Get(n); slices.Contains(keywords, string(field.Name())) {
					t.Errorf("%s is a keyword of Python", field.FullName())
				}
			}
		}
	}
}

// Nothing unbounded comes in: each field of each request has a rule, down to the
// messages inside it.
func TestEveryFieldOfARequestHasARule(t *testing.T) {
	t.Parallel()
	for _, method := range methods(t) {
		checkRules(t, method.Input())
	}
}

func checkRules(t *testing.T, message protoreflect.MessageDescriptor) {
	t.Helper()
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
		if rules == nil {
			t.Errorf("%s has no rule", field.FullName())
			continue
		}
		if text := rules.GetString(); field.Kind() == protoreflect.StringKind && !field.IsList() &&
			!text.HasMaxLen() && !text.HasPattern() {
			t.Errorf("%s has no limit", field.FullName())
		}
		if inner := field.Message(); inner != nil && slices.Contains(packages, inner.ParentFile().Package()) {
			checkRules(t, inner)
		}
	}
}
