package teeth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"orpheus.example/onebox/sim"
)

// ErrNotFound says that a bug was planted and nobody has noticed.
var ErrNotFound = errors.New("nobody has noticed it")

// A Find says how a bug was found.
type Find struct {
	By        string `json:"by"`        // the check that failed, or the test
	What      string `json:"what"`      // in its words
	Seed      uint64 `json:"seed"`      // of the schedule that failed
	Schedules uint64 `json:"schedules"` // that it took
	// Took is how long the simulator has kept a processor busy until then.
	Took time.Duration `json:"took"`
}

// Found returns what a search has found. That something which must happen never
// did is found out only by a search that was long enough to tell.
func Found(r sim.Result) Find {
	f := Find{Schedules: r.Schedules, Took: r.Took}
	missing := r.Counts.Missing()
	switch {
	case r.Failure != nil:
		first := r.Failure.Violations[0]
		f.By, f.Seed = first.Check, r.Failure.Seed
		f.What, _, _ = strings.Cut(first.What, "\n") // a panic has its stack below
	case len(missing) > 0 && r.Schedules >= sim.Enough:
		f.By, f.What = "never there", missing[0].String()
	}
	return f
}

// Hunt plants b and has it looked for in the repository at root. Folder is for
// what is made on the way. The error is ErrNotFound if nobody finds it.
func (b Bug) Hunt(ctx context.Context, root, folder string) (Find, error) {
	overlay, err := b.Plant(root, folder)
	if err != nil {
		return Find{}, err
	}
	var f Find
	if b.Simulated() {
		f, err = simulate(ctx, root, overlay, filepath.Join(folder, "seek"))
	} else {
		f, err = b.Test.run(ctx, root, overlay)
	}
	if err == nil && f.By == "" {
		err = fmt.Errorf("%w in %d schedules", ErrNotFound, f.Schedules)
	}
	return f, err
}

// simulate builds command seek with what is in the overlay, and runs it.
func simulate(ctx context.Context, root, overlay, program string) (f Find, err error) {
	build := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-ldflags", "-s -w", "-o", program, "./onebox/teeth/seek") //nolint:gosec // all names are ours
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return f, fmt.Errorf("build: %w\n%s", err, out)
	}
	defer func() { err = errors.Join(err, os.Remove(program)) }() // there are many, and they are large
	var out, complaint bytes.Buffer
	seek := exec.CommandContext(ctx, program)
	seek.Stdout, seek.Stderr = &out, &complaint
	if err := seek.Run(); err != nil {
		return f, fmt.Errorf("seek: %w\n%s", err, complaint.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		return f, fmt.Errorf("seek says %q: %w", out.Bytes(), err)
	}
	f.Took = processors(seek)
	return f, nil
}

// run runs a test without and with what is in the overlay: it must pass, and then
// fail. That it cannot be run at all proves nothing.
func (t Test) run(ctx context.Context, root, overlay string) (f Find, err error) {
	if out, err := t.command(ctx, root).CombinedOutput(); err != nil {
		return f, fmt.Errorf("go test without the bug: %w\n%s", err, out)
	}
	out, err := t.command(ctx, root, "-overlay", overlay).CombinedOutput()
	failed := &exec.ExitError{}
	top, _, _ := strings.Cut(t.Name, "/")
	switch {
	case err == nil:
		return f, nil
	case !errors.As(err, &failed):
		return f, fmt.Errorf("go test: %w", err)
	case !bytes.Contains(out, []byte("--- FAIL: "+top)) && !bytes.Contains(out, []byte("panic: ")):
		return f, fmt.Errorf("go test: %w\n%s", err, out) // it cannot be built
	}
	f.By = t.Name
	return f, nil
}

func (t Test) command(ctx context.Context, root string, flags ...string) *exec.Cmd {
	args := append([]string{"test", "-count=1", "-vet=off", "-run", t.pattern()}, flags...)
	c := exec.CommandContext(ctx, "go", append(args, t.Package)...) //nolint:gosec // all names are ours
	c.Dir = root
	return c
}

// pattern returns what go test -run takes to run t alone: a pattern for each part
// of its name.
func (t Test) pattern() string {
	return "^" + strings.ReplaceAll(t.Name, "/", "$/^") + "$"
}

// processors returns how long a program has kept processors busy, which does not
// depend on what else the machine does.
func processors(c *exec.Cmd) time.Duration {
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}
