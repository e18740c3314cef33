// Package cli is the command line of the shop as a value: program orpheus hands
// it the process's streams, and tests hand it buffers.
//
// Every command but dev, demo and doctor speaks gRPC to the five services,
// whether they run in one process (orpheus dev) or in five, and knows nothing
// that another client could not know. What a program is to read goes to the
// standard output, as a table or as JSON; everything else goes to standard
// error.
//
// Exit codes:
//
//	0  it was done
//	1  it was refused, or went wrong
//	2  the command line makes no sense
//	3  a service could not be reached
//	4  verify has found that the books do not agree, or load that orders are lost
package cli
