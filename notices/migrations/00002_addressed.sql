-- Numbered after queue/migrations, with which it shares a database.
-- +goose Up
-- The notices of a tenant, so that a new contact is told of those that did not arrive.
CREATE TABLE IF NOT EXISTS addressed (
  tenant BYTEA NOT NULL,
  notice BYTEA NOT NULL,
  PRIMARY KEY (tenant, notice)
);
