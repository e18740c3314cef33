//go:build unix && !linux

package devstack

import "syscall"

// bind does nothing: only Linux tells a child of its parent's death.
func bind(*syscall.SysProcAttr) {}
