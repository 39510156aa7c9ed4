-- What Kraken's REST API adds: ids that it never showed, and its list of pairs with every change that was seen.

CREATE TABLE absent_trade_ids (
    symbol     TEXT COLLATE "C" NOT NULL,
    first_id   BIGINT           NOT NULL,
    last_id    BIGINT           NOT NULL,
    first_seen TIMESTAMPTZ      NOT NULL,
    confirmed  BOOLEAN          NOT NULL,
    PRIMARY KEY (symbol, first_id)
);

ALTER TABLE instruments
    ADD COLUMN rest_key      TEXT,
    ADD COLUMN ws_name       TEXT,
    ADD COLUMN pair_decimals INTEGER,
    ADD COLUMN lot_decimals  INTEGER,
    ADD COLUMN tick_size     NUMERIC,
    ADD COLUMN order_min     NUMERIC,
    ADD COLUMN cost_min      NUMERIC,
    ADD COLUMN status        TEXT;

CREATE TABLE instrument_changes (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol     TEXT COLLATE "C" NOT NULL,
    changed_at TIMESTAMPTZ      NOT NULL,
    field      TEXT             NOT NULL,
    old_value  TEXT,
    new_value  TEXT
);
