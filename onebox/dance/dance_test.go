package dance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"orpheus.example/deploy/devstack"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/choreography"
	"orpheus.example/onebox/dance"
)

func TestTheChoreographyIsSound(t *testing.T) {
	t.Parallel()
	if err := dance.Graph().Check(); err != nil {
		t.Error(err)
	}
	if got := len(dance.Graph().Facts()); got < 20 {
		t.Errorf("%d facts are said; want those of five services", got)
	}
}

// A hearer takes a fact from nobody but its owner, so that must be who says it.
func TestFactsAreSaidByTheirOwners(t *testing.T) {
	t.Parallel()
	for _, p := range dance.Graph().Parts() {
		for _, fact := range p.Says {
			if owner := bus.Owner(fact); owner != p.Service {
				t.Errorf("%s says %s, which is %s's to say", p.Service, fact, owner)
			}
		}
	}
}

// TestEveryRequestHasItsPlace compares the choreography with the contract: all
// methods but those that only read are where something begins.
func TestEveryRequestHasItsPlace(t *testing.T) {
	t.Parallel()
	reads := regexp.MustCompile("^(Get|List|Watch)")
	want, got := map[string]bool{}, map[string]bool{}
	for _, p := range dance.Graph().Parts() {
		for _, m := range p.Moves {
			if m.On.Kind == choreography.Asked {
				got[m.On.Name] = true
			}
		}
		for _, method := range methods(p.Service) {
			if !reads.MatchString(string(method.Name())) {
				want[string(method.Parent().FullName())+"/"+string(method.Name())] = true
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-contract +choreography):\n%s", diff)
	}
}

func methods(service string) []protoreflect.MethodDescriptor {
	var methods []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(protoreflect.FullName(service+".v1"), func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				methods = append(methods, f.Services().Get(i).Methods().Get(j))
			}
		}
		return true
	})
	return methods
}

func TestGeneratedIsCommitted(t *testing.T) {
	t.Parallel()
	root := root(t)
	files, err := dance.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(read(t, root, name), "\n")); diff != "" {
			t.Errorf("%s is not what the code says (-code +committed):\n%s\nrun: go run ./onebox/dance/cmd/dance -write", name, diff)
		}
	}
}

// TestEveryRaceIsAStory compares the last column of the race table with the
// stories: each row is tried, and each story tries a row.
func TestEveryRaceIsAStory(t *testing.T) {
	t.Parallel()
	root := root(t)
	_, races, _ := strings.Cut(read(t, root, dance.Page), "\n## Races\n")
	told, tried := map[string]bool{}, map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)\\| `([a-z_]+)` \\|$").FindAllStringSubmatch(races, -1) {
		told[row[1]] = true
	}
	stories, err := filepath.Glob(filepath.Join(root, "onebox/testdata/stories/*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stories {
		tried[strings.TrimSuffix(filepath.Base(file), ".txt")] = true
	}
	if diff := cmp.Diff(told, tried); diff != "" {
		t.Errorf("races (-in %s +stories):\n%s", dance.Page, diff)
	}
}

// TestDocumentNeedsTheContract plants a fact that the contract does not know.
func TestDocumentNeedsTheContract(t *testing.T) {
	t.Parallel()
	g := choreography.New(choreography.Part{Service: "ghost", Says: []string{"ghost.v1.Said"}})
	if _, err := dance.AsyncAPI(g, protoregistry.GlobalFiles); err == nil {
		t.Error("AsyncAPI of a fact that is no message = nil error; want one")
	}
}

func root(t *testing.T) string {
	t.Helper()
	root, err := devstack.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
