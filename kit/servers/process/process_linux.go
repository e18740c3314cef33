package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// bind has the kernel send s to the process when its maker dies.
func bind(a *syscall.SysProcAttr, s syscall.Signal) {
	if s == 0 {
		s = syscall.SIGKILL
	}
	a.Pdeathsig = s
}

// A stat is what /proc tells of a process, as far as it is used here.
type stat struct {
	state  byte
	parent int
	born   uint64
}

// read parses /proc/PID/stat (proc(5)). It reports false if there is none.
func read(pid int) (stat, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	// The second field is the program's name in brackets, and may itself hold
	// blanks and brackets: the last closing one ends it.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return stat{}, false
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	born, _ := strconv.ParseUint(string(fields[19]), 10, 64)
	return stat{state: fields[0][0], parent: parent, born: born}, true
}

// born returns when pid was started, 0 if it is not there.
func born(pid int) uint64 {
	s, _ := read(pid)
	return s.born
}

// alive reports whether id is there, as something else than a corpse that
// waits for its parent.
func alive(id ID) bool {
	s, ok := read(id.Pid)
	return ok && s.state != 'Z' && s.state != 'X' && s.born == id.Born
}

// descendants returns the children of pid, their children, and so on. Parents
// come before their children.
func descendants(pid int) []ID {
	children := map[int][]ID{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := read(n); ok {
			children[s.parent] = append(children[s.parent], ID{n, s.born})
		}
	}
	all := children[pid]
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].Pid]...)
	}
	return all
}
