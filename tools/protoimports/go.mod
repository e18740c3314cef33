module orpheus.example/tools/protoimports

go 1.26.0

require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.11-20260709200747-435963d16310.1
	github.com/jhump/protoreflect/v2 v2.0.0-beta.2
	google.golang.org/genproto v0.0.0-20260825221802-da73d73af1c5
	google.golang.org/protobuf v1.36.12
)
