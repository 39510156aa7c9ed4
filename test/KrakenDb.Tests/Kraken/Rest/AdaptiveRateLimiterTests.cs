using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.Rest;

public sealed class AdaptiveRateLimiterTests : IDisposable
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly AdaptiveRateLimiter _limiter;

    public AdaptiveRateLimiterTests() => _limiter = new AdaptiveRateLimiter(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), _clock);

    public void Dispose() => _limiter.Dispose();

    [Fact]
    public async Task One_call_a_second_whoever_calls()
    {
        await _limiter.WaitAsync(default);
        var second = _limiter.WaitAsync(default);
        var third = _limiter.WaitAsync(default);

        second.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await second;
        third.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await third;
    }

    [Fact]
    public async Task A_refusal_pauses_everybody_and_slows_down()
    {
        await _limiter.WaitAsync(default);
        _limiter.Refused(until: null);
        _limiter.Refused(until: null);
        _limiter.Interval.ShouldBe(TimeSpan.FromSeconds(2), "two refusals of one moment count once");

        var next = _limiter.WaitAsync(default);
        await AdvanceAsync(TimeSpan.FromSeconds(4.9));
        next.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(0.1));
        await next;

        _limiter.Refused(until: null);
        next = _limiter.WaitAsync(default);
        await AdvanceAsync(TimeSpan.FromSeconds(9.9));
        next.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(0.1));
        await next;
    }

    [Fact]
    public async Task Limiters_that_were_refused_together_do_not_come_back_together()
    {
        using var first = new AdaptiveRateLimiter(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), _clock, new Random(1));
        using var second = new AdaptiveRateLimiter(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), _clock, new Random(2));

        var (early, late) = (await PauseAsync(first), await PauseAsync(second));

        early.ShouldNotBe(late);
        new[] { early, late }.ShouldAllBe(pause => pause >= TimeSpan.FromSeconds(4) && pause <= TimeSpan.FromSeconds(5.03));
    }

    [Fact]
    public async Task The_time_that_the_exchange_names_is_waited_for()
    {
        _limiter.Refused(_clock.GetUtcNow().AddSeconds(42));

        var next = _limiter.WaitAsync(default);
        await AdvanceAsync(TimeSpan.FromSeconds(41));
        next.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await next;
    }

    [Fact]
    public void Calls_that_succeed_bring_the_pace_back_and_never_further()
    {
        _limiter.Refused(until: null);
        for (var call = 0; call < 100; call++)
        {
            _limiter.Succeeded();
        }

        _limiter.Interval.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_host_has_one_limiter()
    {
        var first = AdaptiveRateLimiter.OfHost(new Uri("http://a.test/x"), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), _clock);

        AdaptiveRateLimiter.OfHost(new Uri("http://a.test"), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), _clock).ShouldBeSameAs(first);
        AdaptiveRateLimiter.OfHost(new Uri("http://b.test"), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), _clock).ShouldNotBeSameAs(first);
    }

    // The waiting task goes on in another thread when its timer fires.
    private async Task<TimeSpan> PauseAsync(AdaptiveRateLimiter limiter)
    {
        var start = _clock.GetUtcNow();
        limiter.Refused(until: null);
        var next = limiter.WaitAsync(default);
        await AdvanceAsync(TimeSpan.FromSeconds(4));
        while (!next.IsCompleted)
        {
            await AdvanceAsync(TimeSpan.FromMilliseconds(25));
        }

        return _clock.GetUtcNow() - start;
    }

    private async Task AdvanceAsync(TimeSpan by)
    {
        for (var tries = 0; _clock.Waiting == 0 && tries < 500; tries++)
        {
            await Task.Delay(2);
        }

        _clock.Advance(by);
        await Task.Delay(20);
    }
}
