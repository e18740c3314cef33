package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// write puts a process into a made-up /proc.
func write(t *testing.T, root string, pid, parent int, own, reaped int64, pss string) {
	t.Helper()
	dir := filepath.Join(root, strconv.Itoa(pid))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// The name is as nasty as the kernel allows.
	stat := fmt.Sprintf("%d (a) b (c) S %d 1 1 0 -1 0 0 0 0 0 %d 0 %d 0 20 0 1 0 5 6 7\n", pid, parent, own, reaped)
	for name, text := range map[string]string{"stat": stat, "smaps_rollup": pss, "status": "Name:\ta\nVmRSS:\t 5 kB\n"} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTreeAddsChildren(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, 10, 1, 100, 50, "Rss: 9 kB\nPss: 2 kB\n")
	write(t, root, 11, 10, 7, 1, "Pss: 3 kB\n")
	write(t, root, 12, 11, 2, 0, "") // grandchild, and its share cannot be read
	write(t, root, 13, 1, 1000, 0, "Pss: 100 kB\n")
	got, err := FS(root).Tree(10)
	want := Usage{CPU: 1600 * time.Millisecond, Memory: 10 << 10}
	if err != nil || got != want {
		t.Errorf("Tree(10) = %+v, %v; want %+v", got, err, want)
	}
}

func TestTreeOfNobody(t *testing.T) {
	t.Parallel()
	if _, err := FS(t.TempDir()).Tree(10); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Tree(10) = %v; want os.ErrNotExist", err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1 (a) S 1", "1 (a) S x 1 1 0 -1 0 0 0 0 0 1 1 1 1", "1 (a) S 1 1 1 0 -1 0 0 0 0 0 1 1 1 y"} {
		if _, err := parse([]byte(text)); !errors.Is(err, ErrForm) {
			t.Errorf("parse(%q) = %v; want ErrForm", text, err)
		}
	}
}

// TestTreeOfARealProcess sees that the kernel writes what is read here: a child
// that burns time, and is waited for, is counted.
func TestTreeOfARealProcess(t *testing.T) {
	t.Parallel()
	before, err := FS("").Tree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done").Run(); err != nil {
		t.Fatal(err)
	}
	after, err := FS("").Tree(os.Getpid())
	if err != nil || after.CPU-before.CPU < 5*tick || after.Memory < 1<<20 {
		t.Errorf("Tree after work = %+v (%v), before %+v; want at least 50 ms more", after, err, before)
	}
}
