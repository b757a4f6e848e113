-- The map beside an EventStoreDB log: which event has which seq, and where the engine keeps it. The
-- events' bytes are in the engine alone. Lost, the map can be made anew from the engine: the order is
-- the same, only the claim digests are gone. SQLite's own text for the same two reasons as the log's.

-- +goose Up
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY, -- given by the one sequencer, dense from 0
    revision    INTEGER NOT NULL,    -- dense in the stream; repetitions don't count
    logtime     INTEGER NOT NULL,    -- microseconds since 1970
    stream      BLOB    NOT NULL,    -- noun, '-', 16 raw bytes
    id          BLOB    NOT NULL,
    engine_rev  INTEGER NOT NULL,    -- the engine's revision; repetitions count
    pos_commit  INTEGER NOT NULL,
    pos_prepare INTEGER NOT NULL,
    mac         BLOB            -- authentication code, by a key that isn't here; null: it was told by nobody who has it
) STRICT;
CREATE UNIQUE INDEX events_stream ON events (stream, revision);

-- How far each stream is.
CREATE TABLE streams (
    stream     BLOB    NOT NULL PRIMARY KEY,
    revision   INTEGER NOT NULL,    -- of its last event in the log; -1: none
    engine_rev INTEGER NOT NULL     -- of its last event in the engine, dropped ones too
) STRICT, WITHOUT ROWID;

-- What stands in our streams and is no event of the log: repeated ids, other people's events.
CREATE TABLE dropped (
    stream      BLOB    NOT NULL,
    engine_rev  INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    PRIMARY KEY (stream, engine_rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    key    BLOB    NOT NULL PRIMARY KEY, -- 16 bytes event id, 8 bytes SHA-256 of stream
    seq    INTEGER NOT NULL,
    digest BLOB                          -- null: blanked by an erasure, or never known here
) STRICT, WITHOUT ROWID;

-- Written before an append, gone when its event has its seq: a claim digest is never in the engine,
-- where it couldn't be erased, and must outlive a crash between append and sequencing.
CREATE TABLE intents (
    key      BLOB    NOT NULL PRIMARY KEY, -- a claim's key, then 8 bytes SHA-256 of the event's bytes
    digest   BLOB,
    recorded INTEGER NOT NULL,
    mac      BLOB 
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    pos_commit  INTEGER NOT NULL,
    pos_prepare INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    stream      TEXT    NOT NULL, -- the engine's name
    detail      TEXT    NOT NULL,
    noticed     INTEGER NOT NULL, -- microseconds since 1970
    PRIMARY KEY (pos_commit, pos_prepare, kind, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    next        INTEGER NOT NULL, -- seq of the next event
    logtime     INTEGER NOT NULL, -- of the last event
    holder      BLOB    NOT NULL, -- who sequences: changed at every opening, so an older one is fenced
    settled     INTEGER NOT NULL,
    log         TEXT    NOT NULL, -- the prefix of the engine's stream names: one map, one log
    pos_commit  INTEGER NOT NULL, -- of the last delivered event looked at; -1: none
    pos_prepare INTEGER NOT NULL
) STRICT;
INSERT INTO head (one, next, logtime, holder, settled, log, pos_commit, pos_prepare) VALUES (1, 0, 0, x'', 0, '', -1, -1);
