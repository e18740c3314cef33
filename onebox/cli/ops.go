package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	opsv1 "orpheus.example/gen/go/ops/v1"
)

// operators are the flags of what is for those who look after the shop.
type operators struct {
	services []string
	operator string
}

// chosen gives a command the flag --service. Services that make no sense are
// refused when the command runs.
func (s *session) chosen(c *cobra.Command, o *operators) *cobra.Command {
	c.Flags().StringSliceVar(&o.services, "service", nil, "only of these: "+strings.Join(services[:], ", ")+" (default all)")
	s.mustComplete(c.RegisterFlagCompletionFunc("service", cobra.FixedCompletions(services[:], cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// signed gives a command the flag --operator.
func (s *session) signed(c *cobra.Command, o *operators) *cobra.Command {
	c.Flags().StringVar(&o.operator, "operator", cmp.Or(s.Env("USER"), "unknown"), "who wants it, for the record")
	return c
}

// names returns the services that were chosen, in the order of their ports.
func (o operators) names() ([]string, error) {
	if len(o.services) == 0 {
		return services[:], nil
	}
	for _, name := range o.services {
		if !slices.Contains(services[:], name) {
			return nil, misuse("--service is %q; want some of %s", name, strings.Join(services[:], ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(services[:]), func(name string) bool { return !slices.Contains(o.services, name) }), nil
}

// ops returns the desk of a service.
func (s *session) ops(service string) opsv1.OpsServiceClient {
	return opsv1.NewOpsServiceClient(s.conn(service))
}

// said is what a service has answered.
type said[M proto.Message] struct {
	service string
	answer  M
}

// A silence is a service that has not said what it was asked, and why.
type silence struct {
	service string
	err     error
}

// askAll asks the services that were chosen at once, and returns what those said
// that have answered. A question that makes no sense is an error, whoever says so.
func askAll[M proto.Message](
	ctx context.Context, s *session, o operators, ask func(context.Context, opsv1.OpsServiceClient) (M, error),
) (all []said[M], missing []silence, err error) {
	names, err := o.names()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := s.patient(ctx)
	defer cancel()
	answers, errs := make([]M, len(names)), make([]error, len(names))
	var asked sync.WaitGroup
	for i, name := range names {
		desk := s.ops(name) // connections are made by one at a time
		asked.Go(func() { answers[i], errs[i] = ask(ctx, desk) })
	}
	asked.Wait()
	for i, name := range names {
		switch {
		case errs[i] == nil:
			all = append(all, said[M]{name, answers[i]})
		case status.Code(errs[i]) == codes.InvalidArgument:
			return nil, nil, errs[i]
		default:
			missing = append(missing, silence{name, errs[i]})
		}
	}
	return all, missing, nil
}

// name tells of each service that has not answered. One is enough to fail.
func (s *session) name(missing []silence) error {
	for _, m := range missing {
		_, _ = fmt.Fprintf(s.Err, "no answer from %s: %s\n", m.service, plainCause(status.Convert(m.err).Message())) // nobody is left to tell
	}
	if len(missing) > 0 {
		return errMissing
	}
	return nil
}

// showAll writes the answers of several services: as one JSON document by their
// names, or as write makes a table of them.
func showAll[M proto.Message](s *session, all []said[M], write func() error) error {
	if s.output != "json" {
		return write()
	}
	var b bytes.Buffer
	b.WriteString("{")
	for i, one := range all {
		text, err := compact(one.answer)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "%q:%s", one.service, text)
	}
	b.WriteString("}")
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b.Bytes(), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Out, pretty.String())
	return err
}
