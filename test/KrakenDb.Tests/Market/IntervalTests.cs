using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Market;

public sealed class IntervalTests
{
    [Theory]
    [InlineData("60", 60, "1h")]
    [InlineData("1h", 60, "1h")]
    [InlineData("5m", 5, "5m")]
    [InlineData("4H", 240, "4h")]
    [InlineData("1d", 1440, "1d")]
    [InlineData("1w", 10080, "1w")]
    [InlineData("90", 90, "90m")]
    [InlineData(" 3m ", 3, "3m")]
    public void Every_spelling_is_parsed(string text, int minutes, string canonical)
    {
        Interval.Parse(text).Minutes.ShouldBe(minutes);
        Interval.Parse(text).ToString().ShouldBe(canonical);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1.5h")]
    [InlineData("1y")]
    [InlineData("h")]
    [InlineData("99999999999")]
    [InlineData("53w")]
    public void Anything_else_is_refused_with_examples(string text) =>
        Should.Throw<FormatException>(() => Interval.Parse(text)).Message.ShouldContain("4h");

    [Fact]
    public void The_default_is_a_minute() => default(Interval).ShouldBe(Interval.Minute);

    [Fact]
    public void Buckets_start_at_the_origin()
    {
        var time = new DateTimeOffset(2026, 11, 21, 13, 37, 42, TimeSpan.FromHours(2));

        new Interval(1440).Floor(time).ShouldBe(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));
        Interval.Week.Floor(time).DayOfWeek.ShouldBe(DayOfWeek.Monday);
        Interval.Week.Ceiling(time).ShouldBe(Interval.Week.Floor(time).AddDays(7));
        Interval.Hour.Ceiling(Interval.Hour.Floor(time)).ShouldBe(Interval.Hour.Floor(time));
        Interval.Week.Floor(new DateTimeOffset(1999, 12, 31, 0, 0, 0, TimeSpan.Zero)).ShouldBe(new DateTimeOffset(1999, 12, 27, 0, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void A_range_refuses_to_run_backwards()
    {
        var now = DateTimeOffset.UnixEpoch;

        Should.Throw<ArgumentException>(() => new TimeRange(now.AddSeconds(1), now));
        new TimeRange(now, now).IsEmpty.ShouldBeTrue();
        new TimeRange(now, now.AddSeconds(1)).Contains(now.AddSeconds(1)).ShouldBeFalse();
        new TimeRange(now, now.AddSeconds(1)).Contains(now).ShouldBeTrue();
    }
}
