// What the reader states about a reading: why, and for which case. Kept for
// this browser tab only, and never in an address, which would outlive the
// reading in histories and logs.

export const PURPOSES = [
  ['', 'None'],
  ['AUDIT', 'Audit'],
  ['DATA_SUBJECT_REQUEST', 'Data subject request'],
  ['BREACH_INVESTIGATION', 'Breach investigation'],
  ['COMPLAINT', 'Complaint'],
  ['LEGAL_CLAIM', 'Legal claim'],
  ['SUPERVISION', 'Supervision'],
  ['SUPPORT', 'Support'],
];

const key = (name) => `muniment:${name}`;
const read = (name) => sessionStorage.getItem(key(name)) ?? '';

export const stated = () => ({ purpose: read('purpose'), case: read('case') });

export function state(name, value) {
  sessionStorage.setItem(key(name), value);
  return stated();
}

// An HTTP header carries no more than this, and a case changed on the way
// would be recorded wrongly for ever.
export const caseFault = (text) =>
  /^[ -~]*$/.test(text) ? '' : 'Write the case with plain letters, digits and signs only, as in DSR-2026-014.';

export function effect({ purpose, case: reference }) {
  const named = reference.trim();
  if (purpose && named) return `Now: recorded under ${named}.`;
  if (purpose) return 'Now: WITHHELD, no case stated.';
  if (named) return 'Now: WITHHELD, no purpose stated.';
  return 'Now: WITHHELD.';
}

export function headers() {
  const { purpose, case: reference } = stated();
  return {
    ...(purpose && { 'Muniment-Purpose': purpose }),
    ...(reference.trim() && { 'Muniment-Case': reference.trim() }),
  };
}
