//go:build unix && !linux

package process

import "syscall"

// bind does nothing: only Linux tells a child of its parent's death.
func bind(*syscall.SysProcAttr, syscall.Signal) {}

// born is unknown without /proc.
func born(int) uint64 { return 0 }

// alive reports whether there is a process of that number.
func alive(id ID) bool { return syscall.Kill(id.Pid, 0) == nil }

// descendants are unknown without /proc.
func descendants(int) []ID { return nil }
