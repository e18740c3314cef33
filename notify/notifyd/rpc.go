package notifyd

import (
	"context"
	"errors"
	"math"

	"google.golang.org/grpc/codes"

	notifyv1 "orpheus.example/gen/go/notify/v1"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/rpc"
)

// errUnknown says that no such mail is shown.
var errUnknown = errors.New("message is not known")

// table says what callers are told of the errors that notify knows.
var table = append(rpc.Table{
	{Err: errUnknown, Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "MESSAGE_NOT_FOUND"}},
}, rpc.StoreRows()...)

// methods answers gRPC. There is nothing to command: mails follow from facts.
type methods struct {
	notifyv1.UnimplementedNotifyServiceServer
	store eventlog.Store
}

// ListMessages lists mails, newest first. Those of one order are read from its
// log, those of all are found in the view.
func (m *methods) ListMessages(ctx context.Context, r *notifyv1.ListMessagesRequest) (*notifyv1.ListMessagesResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken(), r.GetOrderId())
	if err != nil {
		return nil, err
	}
	before, err := page.Place(math.MaxInt64)
	if err != nil {
		return nil, err
	}
	reading := m.read()
	rows, err := reading.rows(ctx, r.GetOrderId(), before, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &notifyv1.ListMessagesResponse{}
	rows, response.NextPageToken = rpc.Cut(page, rows, row.key)
	response.Messages, err = reading.messages(ctx, rows)
	return response, err
}

// GetMessage returns one mail.
func (m *methods) GetMessage(ctx context.Context, r *notifyv1.GetMessageRequest) (*notifyv1.GetMessageResponse, error) {
	found, ok, err := find(ctx, m.store.DB(), r.GetMessageId())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errUnknown
	}
	messages, err := m.read().messages(ctx, []row{found})
	if err != nil {
		return nil, err
	}
	return &notifyv1.GetMessageResponse{Message: messages[0]}, nil
}
