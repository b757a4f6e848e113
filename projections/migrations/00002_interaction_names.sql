-- +goose Up
-- name: the part of an interaction's id that follows from its id at its source. Rows from before are
-- filled by the same rule: the first six bytes are the time.
ALTER TABLE interactions ADD COLUMN name BYTEA;
UPDATE interactions SET name = substr(interaction, 7);
CREATE INDEX interactions_name ON interactions (tenant, name);
