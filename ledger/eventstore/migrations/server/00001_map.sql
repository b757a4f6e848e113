-- The same tables for PostgreSQL and CockroachDB.

-- +goose Up
CREATE TABLE IF NOT EXISTS events (
    seq         BIGINT  NOT NULL PRIMARY KEY, -- given by the one sequencer, dense from 0
    revision    BIGINT  NOT NULL,    -- dense in the stream; repetitions don't count
    logtime     BIGINT  NOT NULL,    -- microseconds since 1970
    stream      BYTEA   NOT NULL,    -- noun, '-', 16 raw bytes
    id          BYTEA   NOT NULL,
    engine_rev  BIGINT  NOT NULL,    -- the engine's revision; repetitions count
    pos_commit  BIGINT  NOT NULL,
    pos_prepare BIGINT  NOT NULL,
    mac         BYTEA           -- authentication code, by a key that isn't here; null: it was told by nobody who has it
);
CREATE UNIQUE INDEX IF NOT EXISTS events_stream ON events (stream, revision);

-- How far each stream is.
CREATE TABLE IF NOT EXISTS streams (
    stream     BYTEA   NOT NULL PRIMARY KEY,
    revision   BIGINT  NOT NULL,    -- of its last event in the log; -1: none
    engine_rev BIGINT  NOT NULL     -- of its last event in the engine, dropped ones too
);

-- What stands in our streams and is no event of the log: repeated ids, other people's events.
CREATE TABLE IF NOT EXISTS dropped (
    stream      BYTEA   NOT NULL,
    engine_rev  BIGINT  NOT NULL,
    id          BYTEA   NOT NULL,
    PRIMARY KEY (stream, engine_rev)
);

CREATE TABLE IF NOT EXISTS claims (
    key    BYTEA   NOT NULL PRIMARY KEY, -- 16 bytes event id, 8 bytes SHA-256 of stream
    seq    BIGINT  NOT NULL,
    digest BYTEA                         -- null: blanked by an erasure, or never known here
);

-- Written before an append, gone when its event has its seq: a claim digest is never in the engine,
-- where it couldn't be erased, and must outlive a crash between append and sequencing.
CREATE TABLE IF NOT EXISTS intents (
    key      BYTEA   NOT NULL PRIMARY KEY, -- a claim's key, then 8 bytes SHA-256 of the event's bytes
    digest   BYTEA,
    recorded BIGINT  NOT NULL,
    mac      BYTEA
);

CREATE TABLE IF NOT EXISTS incidents (
    pos_commit  BIGINT  NOT NULL,
    pos_prepare BIGINT  NOT NULL,
    kind        TEXT    NOT NULL,
    stream      TEXT    NOT NULL, -- the engine's name
    detail      TEXT    NOT NULL,
    noticed     BIGINT  NOT NULL, -- microseconds since 1970
    PRIMARY KEY (pos_commit, pos_prepare, kind, stream)
);

CREATE TABLE IF NOT EXISTS head (
    one         BIGINT  NOT NULL PRIMARY KEY CHECK (one = 1),
    next        BIGINT  NOT NULL, -- seq of the next event
    logtime     BIGINT  NOT NULL, -- of the last event
    holder      BYTEA   NOT NULL, -- who sequences: changed at every opening, so an older one is fenced
    settled     BIGINT  NOT NULL,
    log         TEXT    NOT NULL, -- the prefix of the engine's stream names: one map, one log
    pos_commit  BIGINT  NOT NULL, -- of the last delivered event looked at; -1: none
    pos_prepare BIGINT  NOT NULL
);
INSERT INTO head (one, next, logtime, holder, settled, log, pos_commit, pos_prepare) VALUES (1, 0, 0, '\x', 0, '', -1, -1) ON CONFLICT DO NOTHING;
