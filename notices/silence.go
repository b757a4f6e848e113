package notices

import (
	"encoding/json"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"muniment/domain"
	"muniment/notices/queue"
)

const taskSilence task = "silence"

func silencePost(notice domain.ID, since int64) queue.Post {
	p := post(topicSilence, errand{taskSilence, notice, since})
	p.Line = "" // they ask, each for itself; none needs another to be done
	return p
}

// deem is the handler of topicSilence: it waits, in the queue, until silence can count, then asks the
// domain. A no is normal (somebody objected, the notice came back) and ends the message; what could
// turn it into a yes is an event, and every such event puts in a message of its own.
func (n *Notices) deem(m *message.Message) error {
	ctx := m.Context()
	var e errand
	if err := json.Unmarshal(m.Payload, &e); err != nil {
		return fmt.Errorf("message %s: its body is not an errand", m.UUID)
	}
	k, err := n.read(ctx, e.Notice)
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	from := k.SilenceFrom()
	if k.Terms.Model != domain.General || from == 0 {
		return nil
	}
	if domain.TimeOf(n.now()) < from {
		queue.Again(m, from.Std())
		return nil
	}
	company, err := n.subprocessor(ctx, k.Terms.Subprocessor)
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	// The key names what the message follows from: silence that an objection broke can be deemed anew.
	_, err = n.do(ctx, "deemNotice", k.stream, system(k.Tenant, domain.ID{}, k.Terms.Change), e.key(0), nil, func(s domain.Notice, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.Deem(company, now)
	})
	if no := refused(err); no != nil {
		n.Log.WithField("notice", e.Notice).WithField("rule", no.Rule).Debug("notices: silence was not deemed")
		return nil
	}
	if err != nil {
		return fmt.Errorf("notice %s: %w", e.Notice, err)
	}
	return nil
}
