// Package teeth shows that the tests of this repository bite: it plants bugs, one
// at a time, and sees whether they are found.
//
// A harness that finds nothing has proved nothing, unless it is known to find what
// is there. So the mistakes that others made in systems of this kind are kept as
// data, one file each in testdata/bugs: which words of which source file to replace
// by which, what that breaks, and which promise of docs/guarantees.md is broken.
// The code that runs in production has no hooks for it. A bug is planted by go
// build -overlay, which reads the edited file in place of the real one; the
// repository itself is never touched.
//
// Most bugs are hunted by the simulator: a program that holds nothing else
// (command seek) is built with the bug in it and runs schedules, from the first
// seed on, until something is wrong. How many schedules that takes follows from
// the code alone, so a slow machine finds what a quick one does. What lies in a
// driver, below the simulator, or in a part that it leaves out, names the test
// that must fail instead.
//
// That every bug can still be planted is an ordinary test, and quick, so that the
// list cannot rot. The hunt takes minutes and stands behind the build tag teeth;
// with -write it renews the table in docs/guarantees.md:
//
//	go test -tags teeth ./onebox/teeth -run TestEveryBugIsFound -write
package teeth
