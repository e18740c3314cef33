package pglog

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"orpheus.example/kit/eventlog"
)

// A kind is what many events have in common. It is kept once, in table kinds, and
// stands in their rows as a number.
type kind struct {
	schema  int
	name    string // what Record calls Type
	service string // who asked, if that is a service; empty for all others, who may be many
}

// kindOf returns an event's kind, and its actor unless the kind says who that is.
func kindOf(e *eventlog.Record) (k kind, actor string) {
	k = kind{schema: e.Schema, name: e.Type}
	if strings.HasPrefix(e.Actor, "service:") {
		k.service = e.Actor
		return k, ""
	}
	return k, e.Actor
}

// number returns what stands for k. It follows from k alone, so nobody has to
// remember what it stands for: neither who writes, nor a server that has lost its last
// commits in a failover. Two kinds of a service having one number is next to
// impossible, and the second of them would be refused.
func (k kind) number() int32 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s", k.schema, k.name, k.service))
	return int32(binary.BigEndian.Uint32(sum[:])) //nolint:gosec // any 32 bits will do
}

// kindColumns are rows of table kinds, each once.
type kindColumns struct {
	number, schema, name, service column

	known map[kind]int32
}

// add returns the number of k, whose row it adds unless that is there.
func (c *kindColumns) add(k kind) int32 {
	number, known := c.known[k]
	if known {
		return number
	}
	if c.known == nil {
		c.known = map[kind]int32{}
	}
	number = k.number()
	c.known[k] = number
	c.number.addInt4(number)
	c.schema.addInt8(int64(k.schema))
	c.name.addText(k.name)
	c.service.addText(k.service)
	return number
}
