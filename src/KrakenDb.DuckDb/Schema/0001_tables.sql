-- The documents' tables in DuckDB's types. No primary keys on the big ones: writes merge by reading the range that they touch.
-- Times are TIMESTAMP (UTC); prices 64-bit decimals, volumes 128-bit ones.

CREATE TABLE candles (
    symbol           VARCHAR        NOT NULL,
    interval_minutes SMALLINT       NOT NULL,
    timestamp        TIMESTAMP      NOT NULL,
    open             DECIMAL(18,10) NOT NULL,
    high             DECIMAL(18,10) NOT NULL,
    low              DECIMAL(18,10) NOT NULL,
    close            DECIMAL(18,10) NOT NULL,
    volume           DECIMAL(28,10) NOT NULL,
    quote_volume     DECIMAL(28,10),
    trade_count      BIGINT         NOT NULL,
    vwap             DECIMAL(18,10),
    source           UTINYINT       NOT NULL
);

CREATE TABLE trades (
    symbol       VARCHAR        NOT NULL,
    id           BIGINT         NOT NULL,
    timestamp    TIMESTAMP      NOT NULL,
    timestamp_ns BIGINT         NOT NULL,
    price        DECIMAL(18,10) NOT NULL,
    volume       DECIMAL(28,10) NOT NULL,
    side         VARCHAR        NOT NULL,
    order_type   VARCHAR,
    misc         VARCHAR        NOT NULL
);

CREATE TABLE external_indicators (
    timestamp      TIMESTAMP      NOT NULL,
    indicator_name VARCHAR        NOT NULL,
    value          DECIMAL(28,10) NOT NULL,
    source         VARCHAR        NOT NULL
);

CREATE TABLE data_sync_status (
    symbol            VARCHAR   NOT NULL,
    data_type         VARCHAR   NOT NULL,
    oldest_timestamp  TIMESTAMP NOT NULL,
    newest_timestamp  TIMESTAMP NOT NULL,
    last_sync_at      TIMESTAMP NOT NULL,
    last_kraken_since VARCHAR,
    total_records     BIGINT    NOT NULL
);

CREATE TABLE data_coverage (
    symbol         VARCHAR   NOT NULL,
    data_type      VARCHAR   NOT NULL,
    start_time     TIMESTAMP NOT NULL,
    end_time       TIMESTAMP NOT NULL,
    source         UTINYINT  NOT NULL,
    grade          UTINYINT  NOT NULL,
    first_trade_id BIGINT,
    last_trade_id  BIGINT
);

CREATE TABLE instruments (
    symbol      VARCHAR NOT NULL,
    altname     VARCHAR,
    wanted_from TIMESTAMP
);

CREATE TABLE import_cursors (
    file     VARCHAR NOT NULL,
    position BIGINT  NOT NULL,
    state    VARCHAR NOT NULL
);
