// Package proc reads from /proc what processes have used: processor time and
// memory, each with all the children that a process has, and had.
//
// It is for Linux. Processor time is counted by the kernel in ticks of 10 ms, so
// a figure is good for stretches of a second and more.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tick is the kernel's unit of processor time in /proc: USER_HZ, which is 100 on
// every Linux that runs our programs (time(7)).
const tick = time.Second / 100

// ErrForm says that a file of /proc is not as proc(5) describes it.
var ErrForm = errors.New("is not in the form of proc(5)")

// A Usage is what a process has used, its children included.
type Usage struct {
	CPU    time.Duration // user and system, since the start
	Memory int64         // bytes that are its own; pages shared by n count as one n-th
}

// A FS is a folder in the form of /proc. The zero FS is /proc itself; another one
// is for tests.
type FS string

// stat is what is used of /proc/PID/stat.
type stat struct {
	parent int
	own    time.Duration // of the process
	reaped time.Duration // of its children that have ended and were waited for
}

func (f FS) path(pid int, file string) string {
	root := string(f)
	if root == "" {
		root = "/proc"
	}
	return filepath.Join(root, strconv.Itoa(pid), file)
}

// Tree returns the usage of a process and of all that it has started. What had
// ended before is in it, as far as somebody in the tree has waited for it. A
// child that ends while the tree is read may be missed; its time is there at the
// next reading, with its parent's.
func (f FS) Tree(pid int) (Usage, error) { return f.one(pid, true) }

// Time returns the processor time only: memory is costly to count.
func (f FS) Time(pid int) (Usage, error) { return f.one(pid, false) }

func (f FS) one(pid int, memory bool) (Usage, error) {
	s, err := f.Read()
	if err != nil {
		return Usage{}, err
	}
	return s.Tree(pid, memory)
}

// A Snapshot is what all processes had used at one moment, so that what one has
// used can be taken from what another has with it.
type Snapshot struct {
	from FS
	all  map[int]stat
}

// Read reads the times of all processes.
func (f FS) Read() (Snapshot, error) {
	all, err := f.all()
	return Snapshot{f, all}, err
}

// Tree is as that of FS. Memory is read now, and only if it is wanted.
func (s Snapshot) Tree(pid int, memory bool) (Usage, error) {
	root, ok := s.all[pid]
	if !ok {
		return Usage{}, fmt.Errorf("process %d: %w", pid, os.ErrNotExist)
	}
	used := Usage{CPU: root.own + root.reaped}
	for _, child := range descendants(s.all, pid) {
		used.CPU += s.all[child].own + s.all[child].reaped
		if memory {
			used.Memory += s.from.memory(child)
		}
	}
	if memory {
		used.Memory += s.from.memory(pid)
	}
	return used, nil
}

// all reads the stat of every process that is there.
func (f FS) all() (map[int]stat, error) {
	root := filepath.Dir(f.path(1, ""))
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	all := map[int]stat{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // not a process
		}
		text, err := os.ReadFile(f.path(pid, "stat"))
		if err != nil {
			continue // it has ended meanwhile
		}
		s, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path(pid, "stat"), err)
		}
		all[pid] = s
	}
	return all, nil
}

// parse reads /proc/PID/stat. The second field is the program's name in brackets,
// and may itself hold blanks and brackets: the last closing one ends it. Of what
// follows, field 2 is the parent, and 12 to 15 are the times.
func parse(text []byte) (stat, error) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return stat{}, ErrForm
	}
	var times [4]time.Duration
	for i := range times {
		n, err := strconv.ParseInt(string(fields[11+i]), 10, 64)
		if err != nil {
			return stat{}, ErrForm
		}
		times[i] = time.Duration(n) * tick
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return stat{}, ErrForm
	}
	return stat{parent: parent, own: times[0] + times[1], reaped: times[2] + times[3]}, nil
}

// descendants returns the children of pid, theirs, and so on.
func descendants(all map[int]stat, pid int) []int {
	children := map[int][]int{}
	for child, s := range all {
		children[s.parent] = append(children[s.parent], child)
	}
	found := children[pid]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// memory returns the proportional share of a process (PSS). Whose it cannot be
// read, as for another user's process, counts its resident set.
func (f FS) memory(pid int) int64 {
	if text, err := os.ReadFile(f.path(pid, "smaps_rollup")); err == nil {
		if kB, ok := field(text, "Pss:"); ok {
			return kB << 10
		}
	}
	text, err := os.ReadFile(f.path(pid, "status"))
	if err != nil {
		return 0 // it has ended meanwhile
	}
	kB, _ := field(text, "VmRSS:") // a zombie has none
	return kB << 10
}

// field returns the number on the line that begins with name.
func field(text []byte, name string) (int64, bool) {
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if !ok {
			continue
		}
		words := bytes.Fields(rest)
		if len(words) == 0 {
			return 0, false
		}
		n, err := strconv.ParseInt(string(words[0]), 10, 64)
		return n, err == nil
	}
	return 0, false
}
