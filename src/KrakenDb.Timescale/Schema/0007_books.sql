-- Recorded order books. raw_message is the message for people and SQL; raw_bytes are its bytes where the parsed fields do not give them again.
-- One index per big table: the primary key.

CREATE TABLE capture_sessions (
    session_id         BIGINT           NOT NULL,
    symbol             TEXT COLLATE "C" NOT NULL,
    connection_id      NUMERIC(20)      NOT NULL,
    source             TEXT             NOT NULL,
    depth              INTEGER,
    price_precision    INTEGER          NOT NULL,
    quantity_precision INTEGER          NOT NULL,
    start_time         TIMESTAMPTZ      NOT NULL,
    end_time           TIMESTAMPTZ      NOT NULL,
    first_sequence     BIGINT           NOT NULL,
    last_sequence      BIGINT           NOT NULL,
    messages           BIGINT           NOT NULL,
    book_messages      BIGINT           NOT NULL,
    verified           BIGINT           NOT NULL,
    level_changes      BIGINT           NOT NULL,
    PRIMARY KEY (session_id, symbol)
);

CREATE TABLE kraken_orderbook_messages (
    session_id       BIGINT      NOT NULL,
    sequence         BIGINT      NOT NULL,
    timestamp        TIMESTAMPTZ NOT NULL,
    symbol           TEXT COLLATE "C",
    channel          TEXT COLLATE "C",
    type             TEXT COLLATE "C",
    kind             SMALLINT    NOT NULL,
    exchange_time_ns BIGINT,
    received_time_ns BIGINT      NOT NULL,
    exchange_time    TIMESTAMPTZ,
    received_time    TIMESTAMPTZ NOT NULL,
    checksum         BIGINT,
    verified         BOOLEAN,
    raw_message      JSONB,
    raw_bytes        BYTEA,
    PRIMARY KEY (session_id, sequence, timestamp)
);

CREATE TABLE kraken_orderbook_entries (
    session_id        BIGINT           NOT NULL,
    sequence          BIGINT           NOT NULL,
    timestamp         TIMESTAMPTZ      NOT NULL,
    symbol            TEXT COLLATE "C" NOT NULL,
    side              TEXT COLLATE "C" NOT NULL CHECK (side IN ('bid', 'ask')),
    ordinal           SMALLINT         NOT NULL,
    price             NUMERIC(20,10)   NOT NULL,
    price_decimals    SMALLINT         NOT NULL,
    quantity          NUMERIC(28,10)   NOT NULL,
    quantity_decimals SMALLINT         NOT NULL,
    PRIMARY KEY (session_id, sequence, side, ordinal, timestamp)
);

CREATE TABLE orderbook_keyframes (
    session_id       BIGINT           NOT NULL,
    symbol           TEXT COLLATE "C" NOT NULL,
    sequence         BIGINT           NOT NULL,
    received_time_ns BIGINT           NOT NULL,
    exchange_time_ns BIGINT           NOT NULL,
    checksum         BIGINT           NOT NULL,
    levels           BYTEA            NOT NULL,
    PRIMARY KEY (session_id, symbol, sequence)
);

CREATE TABLE orderbook_incidents (
    session_id  BIGINT           NOT NULL,
    sequence    BIGINT           NOT NULL,
    symbol      TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    time        TIMESTAMPTZ      NOT NULL,
    expected    BIGINT,
    computed    BIGINT,
    book_before TEXT             NOT NULL,
    frame       TEXT             NOT NULL,
    PRIMARY KEY (session_id, sequence, kind)
);
