using System.Text;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator.Replay;

public sealed class SlowReplayReaderTests
{
    [Fact]
    public async Task Who_does_not_read_is_read_nothing_from_the_store_and_holds_the_clock_at_speed_max()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var source = await ReplaySource.Recorded;
        var options = new ReplayServerOptions { Store = source.Store, Books = new OrderBookHistory(source.Store, () => new KrakenDb.Kraken.KrakenBookWire()), From = ReplaySource.BookStart.AddSeconds(1), To = ReplaySource.End, Speed = 0 };
        var clock = new ReplayClock(options.TimeProvider, options.From, options.To, options.Speed);
        await using var socket = new StuckSocket("""{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25}}""");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // It takes the status and the first page of messages, and then nothing more.
        await using var connection = new ReplayConnection(options, clock, await ReplayMarkets.CreateAsync(options, clock, cancellationToken), socket, id: 1, abort: () => { });
        var running = connection.RunAsync(over.Token);
        await socket.Stuck.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, cancellationToken);
        var reached = clock.GetUtcNow();

        reached.ShouldBeLessThan(ReplaySource.BookEnd);
        socket.LargestWrite.ShouldBeLessThan(2 << 16);
        await over.CancelAsync();
        await running;
        clock.GetUtcNow().ShouldBe(reached);
    }

    /// <summary>A client that sends one text and takes some bytes, then no more.</summary>
    private sealed class StuckSocket(string text) : Stream
    {
        private const int Takes = 100_000;

        private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly MemoryStream _sent = new(Masked(text));
        private int _taken;

        public Task Stuck => _stuck.Task;

        public int LargestWrite { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = _sent.Read(buffer.Span);
            if (count == 0)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            LargestWrite = Math.Max(LargestWrite, buffer.Length);
            _taken += buffer.Length;
            if (_taken < Takes)
                return;
            _stuck.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        // The mask of zeros is one, too.
        private static byte[] Masked(string text) => [0x81, (byte)(0x80 | Encoding.ASCII.GetByteCount(text)), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
    }
}
