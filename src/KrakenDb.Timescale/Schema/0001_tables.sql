-- The documents' tables. Times are TIMESTAMPTZ; symbols are compared by bytes, which is their order everywhere else in the program, and much faster.
-- One index per big table: the primary key, which every query of the program begins with.

CREATE TABLE candles (
    symbol           TEXT COLLATE "C" NOT NULL,
    interval_minutes SMALLINT         NOT NULL,
    timestamp        TIMESTAMPTZ      NOT NULL,
    open             NUMERIC(20,10)   NOT NULL,
    high             NUMERIC(20,10)   NOT NULL,
    low              NUMERIC(20,10)   NOT NULL,
    close            NUMERIC(20,10)   NOT NULL,
    volume           NUMERIC(28,10)   NOT NULL,
    quote_volume     NUMERIC(28,10),
    trade_count      BIGINT           NOT NULL,
    vwap             NUMERIC(20,10),
    source           SMALLINT         NOT NULL,
    PRIMARY KEY (symbol, interval_minutes, timestamp)
);

CREATE TABLE trades (
    symbol       TEXT COLLATE "C" NOT NULL,
    timestamp    TIMESTAMPTZ      NOT NULL,
    id           BIGINT           NOT NULL,
    timestamp_ns BIGINT           NOT NULL,
    price        NUMERIC(20,10)   NOT NULL,
    volume       NUMERIC(28,10)   NOT NULL,
    side         TEXT             NOT NULL CHECK (side IN ('buy', 'sell')),
    order_type   TEXT,
    misc         TEXT             NOT NULL,
    PRIMARY KEY (symbol, timestamp, id)
);

CREATE TABLE external_indicators (
    timestamp      TIMESTAMPTZ    NOT NULL,
    indicator_name TEXT COLLATE "C" NOT NULL,
    value          NUMERIC(28,10) NOT NULL,
    source         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (indicator_name, timestamp, source)
);

CREATE TABLE data_sync_status (
    symbol            TEXT COLLATE "C" NOT NULL,
    data_type         TEXT COLLATE "C" NOT NULL,
    oldest_timestamp  TIMESTAMPTZ      NOT NULL,
    newest_timestamp  TIMESTAMPTZ      NOT NULL,
    last_sync_at      TIMESTAMPTZ      NOT NULL,
    last_kraken_since TEXT,
    total_records     BIGINT           NOT NULL,
    PRIMARY KEY (symbol, data_type)
);

CREATE TABLE backtest_runs (
    id            UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    strategy_name TEXT        NOT NULL,
    symbols       TEXT[]      NOT NULL,
    start_time    TIMESTAMPTZ NOT NULL,
    end_time      TIMESTAMPTZ NOT NULL,
    parameters    JSONB       NOT NULL,
    metrics       JSONB       NOT NULL,
    trades        JSONB,
    equity_curve  JSONB,
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_backtest_strategy ON backtest_runs (strategy_name, created_at DESC);

CREATE TABLE data_coverage (
    symbol         TEXT COLLATE "C" NOT NULL,
    data_type      TEXT COLLATE "C" NOT NULL,
    start_time     TIMESTAMPTZ      NOT NULL,
    end_time       TIMESTAMPTZ      NOT NULL,
    source         SMALLINT         NOT NULL,
    grade          SMALLINT         NOT NULL,
    first_trade_id BIGINT,
    last_trade_id  BIGINT,
    PRIMARY KEY (symbol, data_type, start_time)
);

CREATE TABLE instruments (
    symbol      TEXT COLLATE "C" PRIMARY KEY,
    altname     TEXT,
    wanted_from TIMESTAMPTZ
);

CREATE TABLE import_cursors (
    file     TEXT   PRIMARY KEY,
    position BIGINT NOT NULL,
    state    TEXT   NOT NULL
);

-- Ranges of 1-minute candles that were written and that the rollups do not show yet.
CREATE TABLE pending_refresh (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol     TEXT COLLATE "C" NOT NULL,
    start_time TIMESTAMPTZ      NOT NULL,
    end_time   TIMESTAMPTZ      NOT NULL
);
