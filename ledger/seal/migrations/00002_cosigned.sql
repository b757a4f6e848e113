-- +goose Up
CREATE TABLE IF NOT EXISTS cosigned (
  one  BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  size BIGINT NOT NULL,
  root BYTEA  NOT NULL,
  note BYTEA  NOT NULL -- the last checkpoint that enough witnesses signed, with their signatures
);
