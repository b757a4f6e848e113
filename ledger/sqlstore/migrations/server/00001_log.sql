-- The same tables for PostgreSQL and CockroachDB.

-- +goose Up
CREATE TABLE IF NOT EXISTS events (
    seq      BIGINT  NOT NULL PRIMARY KEY, -- given by the one writer, dense from 0
    revision BIGINT  NOT NULL,
    logtime  BIGINT  NOT NULL,    -- microseconds since 1970
    stream   BYTEA   NOT NULL,    -- noun, '-', 16 raw bytes
    envelope BYTEA   NOT NULL,
    payload  BYTEA   NOT NULL,
    mac      BYTEA   NOT NULL     -- authentication code, by a key that isn't here
);
CREATE UNIQUE INDEX IF NOT EXISTS events_stream ON events (stream, revision);

CREATE TABLE IF NOT EXISTS streams (
    stream   BYTEA   NOT NULL PRIMARY KEY,
    revision BIGINT  NOT NULL             -- of its last event
);

CREATE TABLE IF NOT EXISTS claims (
    key    BYTEA   NOT NULL PRIMARY KEY, -- 16 bytes event id, 8 bytes SHA-256 of stream
    seq    BIGINT  NOT NULL,
    digest BYTEA                         -- null: blanked by an erasure
);

CREATE TABLE IF NOT EXISTS head (
    one     BIGINT  NOT NULL PRIMARY KEY CHECK (one = 1),
    next    BIGINT  NOT NULL, -- seq of the next event
    logtime BIGINT  NOT NULL, -- of the last event
    holder  BYTEA   NOT NULL, -- who writes: changed at every opening, so an older writer is fenced
    settled BIGINT  NOT NULL  -- counts the commits made only to settle an unknown outcome
);
INSERT INTO head (one, next, logtime, holder, settled) VALUES (1, 0, 0, '\x', 0) ON CONFLICT DO NOTHING;
