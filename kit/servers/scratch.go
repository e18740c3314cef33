package servers

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// janitor waits until its input ends, which is when whoever holds the other
// end is gone, however it went. Then it kills what still works in the folder
// (a paused server does not hear that its starter died) and removes it; that it
// could be removed before does not mean that nothing works there any more. Only
// the working directory is trusted to tell what belongs to the folder: numbers
// of processes are used again, folders are not.
const janitor = `
read -r _
i=0
while [ $i -lt 50 ]; do
	if [ $i -gt 5 ]; then
		for p in /proc/[0-9]*; do
			case "$(readlink "$p/cwd")/" in "$1"/*) kill -9 "${p#/proc/}";; esac
		done
	fi
	rm -rf "$1" && [ $i -gt 5 ] && exit 0
	i=$((i+1))
	sleep 0.2
done`

// Scratch makes an empty folder that every user may enter, for servers to live
// in. When this program ends, in good order or not, the folder is removed,
// with whatever still runs in it.
func Scratch() (string, error) {
	dir, err := os.MkdirTemp("", "orpheus-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // for every user to enter
		return "", err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer func() { _ = read.Close() }()                           // the janitor has its own copy
	cmd := exec.Command("/bin/sh", "-c", janitor, "janitor", dir) //nolint:gosec,noctx // it outlives us
	cmd.Stdin, cmd.Dir = read, "/"
	// A session of its own: what ends us must not end the janitor first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start the janitor of %s: %w", dir, err)
	}
	return dir, keep(write)
}

// keep holds f open until the program ends. The garbage collector would close
// a file of which nobody knows any more, so the descriptor is copied.
func keep(f *os.File) error {
	defer func() { _ = f.Close() }() // the copy counts
	// Nothing may be started in between, or it would inherit the copy.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return err
	}
	syscall.CloseOnExec(fd)
	return nil
}
