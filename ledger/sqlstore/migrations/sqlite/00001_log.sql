-- SQLite's own text, because two words decide the speed: INTEGER PRIMARY KEY makes seq the key of
-- the table itself, and WITHOUT ROWID clusters the claims by theirs. The statements that read and
-- write these tables are shared by all databases.

-- +goose Up
CREATE TABLE events (
    seq      INTEGER PRIMARY KEY, -- given by the one writer, dense from 0
    revision INTEGER NOT NULL,
    logtime  INTEGER NOT NULL,    -- microseconds since 1970
    stream   BLOB    NOT NULL,    -- noun, '-', 16 raw bytes
    envelope BLOB    NOT NULL,
    payload  BLOB    NOT NULL,
    mac      BLOB    NOT NULL     -- authentication code, by a key that isn't here
) STRICT;
CREATE UNIQUE INDEX events_stream ON events (stream, revision);

CREATE TABLE claims (
    key    BLOB    NOT NULL PRIMARY KEY, -- 16 bytes event id, 8 bytes SHA-256 of stream
    seq    INTEGER NOT NULL,
    digest BLOB                          -- null: blanked by an erasure
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    next    INTEGER NOT NULL, -- seq of the next event
    logtime INTEGER NOT NULL, -- of the last event
    holder  BLOB    NOT NULL, -- who writes: changed at every opening, so an older writer is fenced
    settled INTEGER NOT NULL  -- counts the commits made only to settle an unknown outcome
) STRICT;
INSERT INTO head (one, next, logtime, holder, settled) VALUES (1, 0, 0, x'', 0);
