import { useState } from 'react';
import { PURPOSES, caseFault, effect, state, stated } from './stated.js';

export function Bar({ signedOut, slotRef }) {
  const [now, setNow] = useState(stated);
  const change = (name) => (event) => setNow(state(name, event.target.value));
  const fault = caseFault(now.case);
  return (
    <header className="bar">
      <div className="bar-title">
        <h1>Muniment explorer</h1>
        <a href="/">Back to the desk</a>
      </div>
      {signedOut && <SignedOut />}
      <div className="bar-fields">
        <div ref={slotRef} className="field field-ready" />
        <div className="field">
          <label htmlFor="purpose">Purpose</label>
          <select id="purpose" value={now.purpose} onChange={change('purpose')} aria-describedby="why">
            {PURPOSES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="case">
            Case <span>such as DSR-2026-014</span>
          </label>
          <input
            id="case"
            value={now.case}
            onChange={change('case')}
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            aria-describedby="why stated"
            aria-invalid={fault !== ''}
          />
        </div>
      </div>
      <div className="bar-why">
        <p id="why">
          Personal values stay WITHHELD unless you state a purpose and a case; each read made with them is itself
          recorded in the ledger.
        </p>
        <p id="stated" role="status" className={fault ? 'fault' : undefined}>
          {fault || effect(now)}
        </p>
      </div>
    </header>
  );
}

function SignedOut() {
  return (
    <p role="alert" className="alert">
      Your sign-in has ended. Ask for a new sign-in link: <code>muniment token link</code> or the link printed by{' '}
      <code>muniment serve</code>.
    </p>
  );
}
