using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.WebSocket;

public sealed class ReconnectTests
{
    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(750);

    [Fact]
    public void A_handful_of_attempts_is_made_at_once_and_the_rest_within_5_to_30_seconds()
    {
        var schedule = new ReconnectSchedule(new KrakenLiveFeedOptions(), connection: 0);
        var delays = Enumerable.Range(0, 8).Select(_ => schedule.Next(TimeSpan.Zero, isMaintenance: false, isBanned: false)).ToArray();

        delays[0].ShouldBe(TimeSpan.Zero);
        foreach (var (delay, seconds) in delays.Zip([0, 0, 0, 5, 10, 20, 30, 30]))
        {
            delay.ShouldBeInRange(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds) + Jitter);
        }

        schedule.Next(TimeSpan.FromSeconds(29), isMaintenance: false, isBanned: false).ShouldBeGreaterThan(TimeSpan.FromSeconds(29));
        schedule.Next(TimeSpan.FromSeconds(30), isMaintenance: false, isBanned: false).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void During_maintenance_nobody_comes_back_before_5_seconds()
    {
        var schedule = new ReconnectSchedule(new KrakenLiveFeedOptions(), connection: 0);

        Enumerable.Range(0, 10).ShouldAllBe(_ => schedule.Next(TimeSpan.FromMinutes(1), true, false) >= TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Who_is_banned_waits_for_minutes()
    {
        var schedule = new ReconnectSchedule(new KrakenLiveFeedOptions(), connection: 0);

        Enumerable.Range(0, 6).Select(_ => (int)schedule.Next(TimeSpan.Zero, isMaintenance: false, isBanned: true).TotalMinutes).ShouldBe([1, 2, 4, 8, 10, 10]);
    }

    [Fact]
    public async Task The_next_attempt_over_the_budget_waits_until_the_oldest_is_ten_minutes_old()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var budget = new ConnectBudget(2, clock);
        budget.WaitAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
        clock.Advance(TimeSpan.FromMinutes(4));
        budget.WaitAsync(CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
        var third = budget.WaitAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromMinutes(5.9));
        third.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMinutes(0.1));

        await third.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void All_connections_to_a_host_share_one_budget()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);

        ConnectBudget.OfHost(new Uri("wss://one.test/v2"), 120, clock).ShouldBeSameAs(ConnectBudget.OfHost(new Uri("wss://one.test/v2"), 5, clock));
        ConnectBudget.OfHost(new Uri("wss://two.test/v2"), 120, clock).ShouldNotBeSameAs(ConnectBudget.OfHost(new Uri("wss://one.test/v2"), 5, clock));
    }
}
