// Protoimports writes the .proto files that the contract imports, printed from
// the descriptors that are compiled into Go modules, into the folder named by
// its one argument. The sources and the Go code that runs are then of one
// version by construction; comments are lost, since descriptors carry none.
package main

import (
	"log"
	"os"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: protoimports FOLDER")
	}
	// What proto/ imports beyond google/protobuf, which every compiler brings
	// along.
	imports := []protoreflect.FileDescriptor{
		validate.File_buf_validate_validate_proto,
		money.File_google_type_money_proto,
	}
	if err := new(protoprint.Printer).PrintProtosToFileSystem(imports, os.Args[1]); err != nil {
		log.Fatalf("print to %s: %v", os.Args[1], err)
	}
}
