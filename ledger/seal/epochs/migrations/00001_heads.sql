-- +goose Up
CREATE TABLE IF NOT EXISTS state (
  one          BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  size         BIGINT NOT NULL, -- leaves gathered
  events       BIGINT NOT NULL, -- of them, epochs not counted
  heads        BIGINT NOT NULL,
  epoch_seq    BIGINT NOT NULL, -- of the last epoch, -1 before the first
  epoch_size   BIGINT NOT NULL,
  epoch_events BIGINT NOT NULL, -- epochs not counted, among those that it covers
  epoch_count  BIGINT NOT NULL,
  epoch_root   BYTEA  NOT NULL,
  epoch_rev    BIGINT NOT NULL,
  epoch_leaf   BYTEA  NOT NULL
);
CREATE TABLE IF NOT EXISTS buckets (
  bucket BIGINT NOT NULL PRIMARY KEY, -- the first 16 bits of its tags
  root   BYTEA  NOT NULL,
  heads  BYTEA  NOT NULL
);
CREATE TABLE IF NOT EXISTS runs (
  tag    BYTEA  NOT NULL,
  run    BIGINT NOT NULL, -- leaves 64 * run to 64 * run + 63 of the tag's own
  leaves BYTEA  NOT NULL,
  roots  BYTEA  NOT NULL, -- of the sub-trees that end with it: its own, then those twice as great …
  PRIMARY KEY (tag, run)
);
