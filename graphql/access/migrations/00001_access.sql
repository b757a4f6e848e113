-- +goose Up
CREATE TABLE IF NOT EXISTS credentials (
  hash    BYTEA  NOT NULL PRIMARY KEY,
  id      BYTEA  NOT NULL,
  kind    TEXT   NOT NULL,
  role    TEXT   NOT NULL,
  actor   BYTEA  NOT NULL,
  tenants TEXT   NOT NULL,
  content BIGINT NOT NULL,
  bound   TEXT   NOT NULL, -- JSON: whether a person has it, and what it may state
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  revoked BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS credentials_id ON credentials (id);
