// Package memlog keeps an event log in memory. It is the twin of the logs in
// databases: it keeps all laws of package logtest, and knows no others.
//
// It is there for simulation, where thousands of logs are begun and thrown away
// every second. So an append costs about a microsecond, nothing waits, nothing
// is started, and Reset makes an empty log of a used one without giving its
// memory back. What it holds is forgotten with the process.
//
// Nothing is copied to be read: what is read is what everybody reads. Nobody may
// change a body once it was passed in, or an event that was read.
//
// Views are kept in an SQLite in memory, which is opened by the first call of DB,
// Define or Show. Whoever has no views does not pay for it.
package memlog
