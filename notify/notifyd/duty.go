package notifyd

import (
	"context"
	"errors"
	"strconv"
	"time"

	"orpheus.example/kit/breaker"
	"orpheus.example/kit/decider"
	"orpheus.example/notify"
)

// sendWithin bounds one mail, from the connection to the mail server's last
// word. It ends before the lease of a duty does.
const sendWithin = 15 * time.Second

// A postman sends the mails that are owed. While the mail server is believed to
// be down it sends none: they stay owed, and nothing is lost.
type postman struct {
	mailer  Mailer
	breaker *breaker.Breaker
	from    string
	domain  string
}

func newPostman(c Config) postman {
	guard := breaker.New(breaker.Config{Name: "smtp", Timeout: sendWithin, Now: c.Now, Refused: answered})
	return postman{c.Mailer, guard, c.From, c.Domain}
}

// do sends one mail, and returns what is to be noted of the mail server's word
// on it. With an error the mail stays owed.
func (p postman) do(ctx context.Context, _ string, _ notify.State, c notify.Call) (notify.Command, error) {
	m, err := p.message(c)
	if err != nil {
		return nil, err
	}
	_, err = breaker.Call(ctx, p.breaker, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.mailer.Send(ctx, m)
	})
	if no := (Refused{}); errors.As(err, &no) {
		return notify.NoteRefused{ID: c.Mail.ID, Code: strconv.Itoa(no.Code), Message: no.Message}, nil
	}
	return notify.NoteSent{ID: c.Mail.ID}, err
}

// message returns a mail as it goes. It follows from the mail and the settings
// alone, so that a mail that is sent again is the same message.
func (p postman) message(c notify.Call) (Message, error) {
	l, err := compose(c.Mail)
	return Message{
		ID: p.id(c.Mail.ID), First: p.id(c.First), Order: c.Mail.Order, Date: c.Mail.At, From: p.from,
		ToName: plain(c.Mail.Name), To: c.Mail.Email, Subject: l.Subject, Text: l.Text, HTML: l.HTML,
	}, err
}

func (p postman) id(mail string) string {
	if mail == "" {
		return ""
	}
	return mail + "@" + p.domain
}

// owe returns what is owed in the kit's words.
func owe(s notify.State) []decider.Duty[notify.Call] {
	var duties []decider.Duty[notify.Call]
	for _, d := range notify.Owe(s) {
		duties = append(duties, decider.Duty[notify.Call](d))
	}
	return duties
}
