package e2e

import (
	"os/exec"
	"strings"
	"testing"

	"orpheus.example/deploy/devstack"
)

const house = "orpheus.example/"

// The walls of the house: what the packages in a folder may import of ours. Test
// files may import more, except in kit.
var walls = []struct {
	packages string
	may      []string
}{
	{"./kit/...", []string{"kit"}},
	{"./gen/go/...", []string{"gen"}},
	{"./sandbox/...", []string{"sandbox"}},
	{"./deploy/...", []string{"deploy", "kit"}},
	{"./ops/...", []string{"ops", "kit", "gen"}},
	{"./ops/...", []string{"ops", "kit", "gen"}},
	{"./order/...", []string{"order", "ops", "kit", "gen"}},
	{"./payment/...", []string{"payment", "ops", "kit", "gen"}},
	{"./inventory/...", []string{"inventory", "ops", "kit", "gen"}},
	{"./shipping/...", []string{"shipping", "ops", "kit", "gen"}},
	{"./notify/...", []string{"notify", "ops", "kit", "gen"}},
}

func TestWalls(t *testing.T) {
	t.Parallel()
	for _, w := range walls {
		t.Run(strings.Trim(w.packages, "./"), func(t *testing.T) {
			t.Parallel()
			for _, dep := range deps(t, w.packages) {
				if !allowed(dep, w.may) {
					t.Errorf("%s depends on %s; it may depend on %v only", w.packages, dep, w.may)
				}
			}
		})
	}
}

// TestThinkersStandAlone holds the domain packages to the standard library.
func TestThinkersStandAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"order", "payment", "inventory", "shipping", "notify"} {
		for _, dep := range deps(t, "./"+name) {
			if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") && dep != house+name {
				t.Errorf("package %s depends on %s; it may depend on the standard library only", name, dep)
			}
		}
	}
}

func allowed(dep string, may []string) bool {
	rest, ours := strings.CutPrefix(dep, house)
	if !ours {
		return true
	}
	for _, folder := range may {
		if rest == folder || strings.HasPrefix(rest, folder+"/") {
			return true
		}
	}
	return false
}

// deps returns all packages that those of a pattern depend on.
func deps(t *testing.T, pattern string) []string {
	t.Helper()
	root, err := devstack.Root()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "go", "list", "-deps", pattern)
	c.Dir = root
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pattern, err)
	}
	return strings.Fields(string(out))
}
