package notices

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"muniment/domain"
	"muniment/ledger"
	"muniment/notices/queue"
)

// task is what a message asks for.
type task string

const (
	taskNotice     task = "notice"     // tell of the change
	taskWithdrawal task = "withdrawal" // tell that it won't happen, if anything was told
	taskContact    task = "contact"    // a new contact: tell again if it never arrived
)

// errand is the body of a message: references only.
type errand struct {
	Task   task      `json:"task"`
	Notice domain.ID `json:"notice"`
	Since  int64     `json:"since"` // seq of the event that it follows from
}

func post(topic string, e errand) queue.Post {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // ids and numbers always marshal
	}
	return queue.Post{Topic: topic, Name: fmt.Sprintf("%s/%s/%d", e.Task, e.Notice, e.Since), Line: e.Notice.String(), Body: body}
}

func tellPost(t task, notice domain.ID, since int64) queue.Post {
	return post(topicTell, errand{t, notice, since})
}

// tell is the handler of topicTell. It asks the notice's own stream what was done and does the rest,
// so that a second delivery of the message, or a queue derived anew, sends nothing twice. What it
// can't know is whether a mail left before a crash: then it is sent again, under the same Message-ID.
func (n *Notices) tell(m *message.Message) error {
	ctx := m.Context()
	var e errand
	if err := json.Unmarshal(m.Payload, &e); err != nil {
		return fmt.Errorf("message %s: its body is not an errand", m.UUID)
	}
	k, err := n.read(ctx, e.Notice)
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	attempts, done := n.progress(k, e)
	if done {
		return nil
	}
	if attempts > len(n.Retry) { // the last one was cut off by a crash
		return n.failed(ctx, k, e, attempts, failure{Word: "UNKNOWN_OUTCOME", Final: true})
	}
	tenant, err := n.tenant(ctx, k.Tenant)
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	contact, named := tenant.Contacts[domain.NoticesContact]
	if !named {
		n.Log.WithField("notice", e.Notice).Warn("notices: the tenant has named no contact for notices; designate one, the notice is sent then")
		return nil
	}
	mailing, fail, err := n.compose(ctx, k, e.Task, tenant, contact)
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	fail, err = n.attempt(ctx, k, e, attempts+1, contact, mailing, fail)
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	if fail != nil && !fail.Final {
		queue.Again(m, n.now().Add(n.Retry[attempts]))
	}
	return nil
}

// progress counts the attempts that were made for an errand, and says whether it is done or void.
func (n *Notices) progress(k kept, e errand) (attempts int, done bool) {
	ended := k.Withdrawn != 0 || k.Terminated != 0 || k.Blocked != 0
	switch {
	case !k.Exists(),
		e.Task == taskWithdrawal && !k.Told(),
		e.Task != taskWithdrawal && ended,
		e.Task == taskContact && k.Told() && !k.Undelivered():
		return 0, true
	}
	sent := false
	for _, h := range k.history {
		if h.Seq <= e.Since {
			continue
		}
		switch x := h.Event.(type) {
		case domain.NoticeSent:
			attempts++
			sent = sent || x.Channel == domain.ToOutbox // kept only once the file is there
		case domain.NoticeFailed:
			done, sent = done || x.Final, sent && x.Channel != domain.ToOutbox
		case domain.NoticeProven:
			done = done || x.Channel.Reaches()
		}
	}
	return attempts, done || sent
}

// attempt makes one attempt and keeps it. For a channel that reaches somebody the attempt is kept
// before it is made: from then on nobody can say that nothing left. A file in the outbox comes
// first: it reaches nobody, and the event says that it is there.
func (n *Notices) attempt(ctx context.Context, k kept, e errand, number int, contact domain.ID, m mailing, fail *failure) (*failure, error) {
	channel := n.send.channel()
	if fail == nil && !channel.Reaches() {
		fail = n.send.send(ctx, m)
	}
	final := number > len(n.Retry)
	env := system(k.Tenant, domain.ID{}, k.Terms.Change)
	env.Subjects = []domain.SubjectRef{{ID: contact, Capacity: domain.Controller}}
	_, err := n.do(ctx, "attemptNotice", k.stream, env, e.key(number), nil, func(s domain.Notice, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		events, no := s.Attempted(channel)
		if no == nil && fail != nil {
			sent := events[0].(domain.NoticeSent)
			events = append(events, domain.NoticeFailed{Channel: channel, Attempt: sent.Attempt, Reason: fail.Word, Final: fail.Final || final})
		}
		return events, no
	})
	if no := refused(err); no != nil {
		n.Log.WithField("notice", e.Notice).WithField("rule", no.Rule).Info("notices: the attempt was refused")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if fail == nil && channel.Reaches() {
		if fail = n.send.send(ctx, m); fail == nil {
			_, err = n.do(ctx, "proveNotice", k.stream, env, e.key(number), nil, func(s domain.Notice, now domain.Time) ([]domain.Event, *domain.Refusal) {
				return s.Proven(domain.HandedOver, channel, now)
			})
		} else {
			err = n.failed(ctx, k, e, number, failure{fail.Word, fail.Final || final})
		}
	}
	log := n.Log.WithField("notice", e.Notice).WithField("attempt", number).WithField("channel", string(channel))
	if fail == nil {
		log.Info("notices: delivered")
		return nil, err
	}
	fail.Final = fail.Final || final
	log.WithField("reason", fail.Word).WithField("final", fail.Final).Warn("notices: delivery failed")
	return fail, err
}

func (n *Notices) failed(ctx context.Context, k kept, e errand, number int, f failure) error {
	_, err := n.do(ctx, "failNotice", k.stream, system(k.Tenant, domain.ID{}, k.Terms.Change), e.key(number), nil,
		func(s domain.Notice, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Failed(n.send.channel(), f.Word, f.Final)
		})
	if refused(err) != nil {
		return nil
	}
	return err
}

// key is the idempotency key of one attempt.
func (e errand) key(number int) string { return fmt.Sprintf("%s/%d/%d", e.Task, e.Since, number) }

// failure is why a mail could not be handed over: a word, never what a server said, because servers
// name the people they were asked to write to.
type failure struct {
	Word  string
	Final bool // it makes no sense to try again
}

// sendTimeout bounds one conversation with the relay.
const sendTimeout = 25 * time.Second

// reveal opens the name and address of a tenant's contact for notices. The attempt, kept before the
// mail leaves, names the contact and the purpose: that is the record of this use.
func (n *Notices) reveal(ctx context.Context, t domain.Tenant) (name, address string, fail *failure, err error) {
	seq := t.ContactAt[domain.NoticesContact]
	kept, err := n.contact(ctx, seq)
	if err != nil {
		return "", "", nil, err
	}
	if !kept.Email.Present() {
		return "", "", &failure{"ADDRESS_MISSING", true}, nil
	}
	refs := []ledger.Ref{{Seq: seq, Path: "/email"}}
	if kept.Name.Present() {
		refs = append(refs, ledger.Ref{Seq: seq, Path: "/name"})
	}
	values, err := n.Ledger.Reveal(ctx, refs)
	if err != nil {
		return "", "", nil, err
	}
	if values[0].State != ledger.StateClear {
		later := values[0].State == ledger.StateUnavailable // closed, until lost erasures are entered again
		return "", "", &failure{"ADDRESS_" + string(values[0].State), !later}, nil
	}
	if len(values) > 1 && values[1].State == ledger.StateClear {
		name = values[1].Text
	}
	return name, values[0].Text, nil, nil
}

func (n *Notices) contact(ctx context.Context, seq int64) (domain.ContactDesignated, error) {
	records, err := n.Ledger.Log.At(ctx, []int64{seq})
	if err != nil {
		return domain.ContactDesignated{}, fmt.Errorf("read the contact: %w", err)
	}
	k, err := ledger.Decode(records[0])
	if err != nil {
		return domain.ContactDesignated{}, err
	}
	e, ok := k.Event.(domain.ContactDesignated)
	if !ok {
		return e, fmt.Errorf("event %d names no contact", seq)
	}
	return e, nil
}
