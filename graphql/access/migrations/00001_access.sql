-- +goose Up
CREATE TABLE credentials (
  hash    BYTEA  NOT NULL PRIMARY KEY,
  id      BYTEA  NOT NULL,
  kind    TEXT   NOT NULL,
  role    TEXT   NOT NULL,
  actor   BYTEA  NOT NULL,
  tenants TEXT   NOT NULL,
  content BIGINT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  revoked BIGINT NOT NULL
);
CREATE INDEX credentials_id ON credentials (id);
