using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class TimeArgumentTests
{
    private static readonly DateTimeOffset Now = new(2024, 3, 10, 15, 30, 20, TimeSpan.Zero);

    [Theory]
    [InlineData("2024-01-31", "2024-01-31T00:00:00Z")]
    [InlineData("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z")]
    [InlineData("2024-01-31T12:00:00", "2024-01-31T12:00:00Z")]
    [InlineData("2024-01-31T12:00", "2024-01-31T12:00:00Z")]
    [InlineData("2024-01-31 12:00", "2024-01-31T12:00:00Z")]
    [InlineData("2024-01-31T12:00:00+02:00", "2024-01-31T10:00:00Z")]
    [InlineData("2024-01-31T12:00-05:30", "2024-01-31T17:30:00Z")]
    [InlineData("2024-01-31T12:00:00.5Z", "2024-01-31T12:00:00.5Z")]
    [InlineData("2024-02-29", "2024-02-29T00:00:00Z")]
    [InlineData("now", "2024-03-10T15:30:20Z")]
    [InlineData("-7d", "2024-03-03T15:30:20Z")]
    [InlineData("-12h", "2024-03-10T03:30:20Z")]
    [InlineData("-30m", "2024-03-10T15:00:20Z")]
    [InlineData("-2w", "2024-02-25T15:30:20Z")]
    [InlineData("-0m", "2024-03-10T15:30:20Z")]
    public void A_time_is_read(string text, string expected)
    {
        var time = TimeArgument.Parse(text, Now);

        time.ShouldBe(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture));
        time.Offset.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2023-02-29")]
    [InlineData("2024-13-01")]
    [InlineData("31.01.2024")]
    [InlineData("1706659200")]
    [InlineData("-7")]
    [InlineData("-d")]
    [InlineData("--7d")]
    [InlineData("-7y")]
    [InlineData("7d")]
    [InlineData("-99999999999999999999d")]
    [InlineData("-9999999999w")]
    public void Anything_else_is_refused_with_the_text_and_the_forms(string text) =>
        Should.Throw<FormatException>(() => TimeArgument.Parse(text, Now)).Message.ShouldSatisfyAllConditions(
            message => message.ShouldStartWith($"'{text}' is not a time."),
            message => message.ShouldContain("2024-01-31T12:00:00Z"));

    [Fact]
    public void What_is_printed_can_be_given_back() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<int>().ToArbitrary(), seconds =>
        {
            var time = DateTimeOffset.UnixEpoch.AddSeconds(Math.Abs((long)seconds));
            using var stream = new MemoryStream();
            var output = new Utf8Output(stream);
            output.Time(time);
            output.Flush();
            return TimeArgument.Parse(System.Text.Encoding.UTF8.GetString(stream.ToArray()), Now) == time;
        }).QuickCheckThrowOnFailure();
}
