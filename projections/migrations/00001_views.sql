-- +goose Up
CREATE TABLE IF NOT EXISTS checkpoint (
  name TEXT   NOT NULL PRIMARY KEY,
  seq  BIGINT NOT NULL
);

-- Fact lists. occurred, recorded: microseconds.
CREATE TABLE IF NOT EXISTS trail (
  seq      BIGINT NOT NULL PRIMARY KEY,
  id       BYTEA  NOT NULL,
  kind     TEXT   NOT NULL,
  tenant   BYTEA  NOT NULL,
  stream   TEXT   NOT NULL,
  occurred BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  actor    BYTEA  NOT NULL,
  source   TEXT   NOT NULL,
  struck   BIGINT NOT NULL, -- 1: its payload is gone
  reported BIGINT NOT NULL, -- 1: another system's word
  evidence TEXT   NOT NULL,
  day      TEXT   NOT NULL  -- when it occurred, if only the day is known: 2026-10-01 or 2026-10-01+02:00
);
CREATE INDEX IF NOT EXISTS trail_id ON trail (id);
CREATE INDEX IF NOT EXISTS trail_tenant ON trail (tenant, seq);
CREATE INDEX IF NOT EXISTS trail_reported ON trail (seq) WHERE reported = 1;
CREATE INDEX IF NOT EXISTS trail_stream ON trail (stream, seq);

CREATE TABLE IF NOT EXISTS interactions (
  seq         BIGINT NOT NULL PRIMARY KEY,
  tenant      BYTEA  NOT NULL,
  occurred    BIGINT NOT NULL,
  interaction BYTEA  NOT NULL,
  actor       BYTEA  NOT NULL,
  body        TEXT   NOT NULL,
  name        BYTEA  NOT NULL -- the part of an interaction's id that follows from its id at its source
);
CREATE INDEX IF NOT EXISTS interactions_name ON interactions (tenant, name);
CREATE INDEX IF NOT EXISTS interactions_tenant ON interactions (tenant, occurred, seq);
CREATE INDEX IF NOT EXISTS interactions_time ON interactions (occurred, seq);
CREATE INDEX IF NOT EXISTS interactions_id ON interactions (interaction);

CREATE TABLE IF NOT EXISTS accesses (
  seq         BIGINT NOT NULL PRIMARY KEY,
  id          BYTEA  NOT NULL,
  tenant      BYTEA  NOT NULL,
  occurred    BIGINT NOT NULL,
  action      TEXT   NOT NULL,
  interaction BYTEA  NOT NULL,
  actor       BYTEA  NOT NULL,
  purpose     TEXT   NOT NULL,
  body        TEXT   NOT NULL
);
CREATE INDEX IF NOT EXISTS accesses_tenant ON accesses (tenant, occurred, seq);
CREATE INDEX IF NOT EXISTS accesses_time ON accesses (occurred, seq);
CREATE INDEX IF NOT EXISTS accesses_interaction ON accesses (interaction, occurred, seq);

CREATE TABLE IF NOT EXISTS redactions (
  seq         BIGINT NOT NULL PRIMARY KEY,
  id          BYTEA  NOT NULL,
  tenant      BYTEA  NOT NULL,
  occurred    BIGINT NOT NULL,
  trigger     TEXT   NOT NULL,
  interaction BYTEA  NOT NULL,
  actor       BYTEA  NOT NULL,
  body        TEXT   NOT NULL
);
CREATE INDEX IF NOT EXISTS redactions_tenant ON redactions (tenant, occurred, seq);
CREATE INDEX IF NOT EXISTS redactions_time ON redactions (occurred, seq);
CREATE INDEX IF NOT EXISTS redactions_interaction ON redactions (interaction, occurred, seq);

CREATE TABLE IF NOT EXISTS reports (
  seq      BIGINT NOT NULL PRIMARY KEY,
  id          BYTEA  NOT NULL,
  tenant   BYTEA  NOT NULL,
  occurred BIGINT NOT NULL,
  actor    BYTEA  NOT NULL,
  body     TEXT   NOT NULL
);

-- Which facts are about whom. known: the seq from which the ledger knew it; a fact can be kept
-- before the interaction that tells whose it is.
CREATE TABLE IF NOT EXISTS about (
  tenant   BYTEA  NOT NULL,
  subject  BYTEA  NOT NULL,
  list     TEXT   NOT NULL,
  occurred BIGINT NOT NULL,
  seq      BIGINT NOT NULL,
  known    BIGINT NOT NULL,
  PRIMARY KEY (tenant, subject, list, occurred, seq)
);
CREATE INDEX IF NOT EXISTS about_fact ON about (list, seq);

-- States: what held in the world in [valid_from, valid_to), as the ledger knew it in
-- [known_from, known_to). valid_*: microseconds; known_*: seq.
CREATE TABLE IF NOT EXISTS states (
  view       TEXT   NOT NULL,
  tenant     BYTEA  NOT NULL,
  entity     BYTEA  NOT NULL,
  valid_from BIGINT NOT NULL,
  valid_to   BIGINT NOT NULL,
  known_from BIGINT NOT NULL,
  known_to   BIGINT NOT NULL,
  sort       TEXT   NOT NULL,
  status     TEXT   NOT NULL,
  subject    BYTEA  NOT NULL,
  body       TEXT   NOT NULL,
  PRIMARY KEY (view, entity, valid_from, known_from)
);
CREATE INDEX IF NOT EXISTS states_list ON states (view, tenant, sort, entity);
CREATE INDEX IF NOT EXISTS states_subject ON states (view, tenant, subject, sort, entity);
