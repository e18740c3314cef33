package devstack

import "syscall"

// bind ends a command when we die without having ended it.
func bind(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGTERM }
