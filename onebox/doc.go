// Package onebox is the whole shop in one process.
package onebox
