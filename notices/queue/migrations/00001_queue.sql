-- +goose Up
-- A row is work that is not done yet: done work is deleted, because whether it was done, the ledger
-- tells. Positions give the order within a line; they are ours, never the database's.
CREATE TABLE IF NOT EXISTS messages (
  pos      BIGINT NOT NULL PRIMARY KEY,
  topic    TEXT   NOT NULL,
  name     TEXT   NOT NULL, -- the same name in a topic is put in once
  line     TEXT   NOT NULL, -- messages of one line are handed out one after the other
  due      BIGINT NOT NULL, -- microseconds since 1970
  failures BIGINT NOT NULL,
  parked   BIGINT NOT NULL, -- 1: failed too often, rests until the next start
  body     BYTEA  NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS messages_name ON messages (topic, name);
CREATE INDEX IF NOT EXISTS messages_due ON messages (topic, due, pos) WHERE parked = 0;
CREATE INDEX IF NOT EXISTS messages_line ON messages (topic, line, pos) WHERE parked = 0;

CREATE TABLE IF NOT EXISTS counter (
  name  TEXT   NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('messages', 0) ON CONFLICT DO NOTHING;

-- How far a follower of the log has come, moved in the transaction that puts its messages in.
CREATE TABLE IF NOT EXISTS checkpoint (
  name TEXT   NOT NULL PRIMARY KEY,
  seq  BIGINT NOT NULL
);
