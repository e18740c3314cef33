module orpheus.example/e2e

go 1.26.0

require (
	github.com/emersion/go-smtp v0.25.1 // indirect
	github.com/google/uuid v1.6.0
	github.com/jackc/pgx/v5 v5.9.2 // indirect
	github.com/rabbitmq/amqp091-go v1.16.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	google.golang.org/genproto v0.0.0-20260825221802-da73d73af1c5
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260825221802-da73d73af1c5
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.12 // indirect
)

require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.11-20260709200747-435963d16310.1 // indirect
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.30.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260825221802-da73d73af1c5 // indirect
	orpheus.example/kit v0.0.0 // indirect
)

require (
	go.opentelemetry.io/proto/otlp v1.11.0
	orpheus.example/deploy v0.0.0
	orpheus.example/gen/go v0.0.0
	orpheus.example/sandbox v0.0.0
)

replace (
	orpheus.example/deploy => ../deploy
	orpheus.example/gen/go => ../gen/go
	orpheus.example/kit => ../kit
	orpheus.example/sandbox => ../sandbox
)
