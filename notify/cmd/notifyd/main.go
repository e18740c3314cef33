// Notifyd runs the notify service. It waits for its database, and hears and
// sends as soon as that is there; the broker and the mail server may come and go.
//
// Settings come from the environment, or from flags; notifyd --help lists them.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"time"

	"orpheus.example/kit/daemon"
	"orpheus.example/kit/drivers"
	"orpheus.example/notify/instantmailer"
	"orpheus.example/notify/notifyd"
	"orpheus.example/notify/smtpmailer"
)

type settings struct {
	daemon.Settings
	Server   string        `env:"ORPHEUS_SMTP_ADDR,required" envDoc:"mail server, as host:port; instant: for one that delivers nothing, for load tests"`
	User     string        `env:"ORPHEUS_SMTP_USER"          envDoc:"user name for the mail server; by default none is given"`
	Password string        `env:"ORPHEUS_SMTP_PASSWORD"      envDoc:"password for the mail server; it goes over TLS only"`
	From     string        `env:"ORPHEUS_MAIL_FROM,required" envDoc:"whom mails are from, as Shop <shop@example.com>"`
	Domain   string        `env:"ORPHEUS_MAIL_DOMAIN"        envDefault:"orpheus.example"                                     envDoc:"end of the ids of mails; never change it"`
	GapWait  time.Duration `env:"ORPHEUS_GAP_WAIT"           envDefault:"30s"                                                 envDoc:"how long a mail waits for missing facts of its order"`

	mailer notifyd.Mailer
}

// Complete makes the mailer, so that an address that is none is found before
// anything starts.
func (s *settings) Complete() (err error) {
	if err = s.Settings.Complete(); err != nil {
		return err
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		return fmt.Errorf("ORPHEUS_MAIL_FROM: %w", err)
	}
	if instantmailer.Is(s.Server) {
		s.mailer = instantmailer.Mailer{}
		return nil
	}
	s.mailer, err = smtpmailer.New(smtpmailer.Config{Server: s.Server, User: s.User, Password: s.Password})
	return err
}

// patience is what a mail can do with: nobody waits for it within a second, and
// each commit that is shared is one less for those who wait for theirs.
const patience = 20 * time.Millisecond

func main() { daemon.Main(run) }

func run(ctx context.Context) error {
	c := settings{Settings: daemon.Settings{Listen: "127.0.0.1:7005", Admin: "127.0.0.1:7105", Patience: patience}}
	if err := daemon.Parse(&c); err != nil {
		return err
	}
	return daemon.Run(ctx, daemon.Config{
		Name: notifyd.Name, Settings: c.Settings,
		Open: drivers.Serve(notifyd.Name, c.Settings, func(ctx context.Context, s drivers.Stand) (drivers.Server, error) {
			if instantmailer.Is(c.Server) {
				slog.WarnContext(ctx, instantmailer.Warning)
			}
			return notifyd.New(ctx, notifyd.Config{
				Store: s.Store, Bus: s.Bus, Holder: s.Holder, Now: s.Now,
				Mailer: c.mailer, From: c.From, Domain: c.Domain, GapWait: c.GapWait,
			})
		}),
	})
}
