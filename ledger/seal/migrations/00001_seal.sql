-- +goose Up
CREATE TABLE IF NOT EXISTS checkpoint (
  one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  origin TEXT   NOT NULL, -- chosen when the log was begun, the same for ever
  holder BYTEA  NOT NULL, -- who seals: changed at every opening, so an older sealer is fenced
  size   BIGINT NOT NULL,
  root   BYTEA  NOT NULL,
  note   BYTEA  NOT NULL  -- the last signed checkpoint, empty before the first
);
