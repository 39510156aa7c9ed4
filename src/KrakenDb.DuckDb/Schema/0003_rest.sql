-- What Kraken's REST API adds: ids that it never showed, and its list of pairs with every change that was seen.

CREATE TABLE absent_trade_ids (
    symbol     VARCHAR   NOT NULL,
    first_id   BIGINT    NOT NULL,
    last_id    BIGINT    NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    confirmed  BOOLEAN   NOT NULL
);

ALTER TABLE instruments ADD COLUMN rest_key VARCHAR;
ALTER TABLE instruments ADD COLUMN ws_name VARCHAR;
ALTER TABLE instruments ADD COLUMN pair_decimals INTEGER;
ALTER TABLE instruments ADD COLUMN lot_decimals INTEGER;
ALTER TABLE instruments ADD COLUMN tick_size VARCHAR;
ALTER TABLE instruments ADD COLUMN order_min VARCHAR;
ALTER TABLE instruments ADD COLUMN cost_min VARCHAR;
ALTER TABLE instruments ADD COLUMN status VARCHAR;

CREATE TABLE instrument_changes (
    symbol     VARCHAR   NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    field      VARCHAR   NOT NULL,
    old_value  VARCHAR,
    new_value  VARCHAR
);
