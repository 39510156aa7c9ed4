using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios;

public sealed class ScenarioScaleTests
{
    [Theory]
    [InlineData("1/50", 1, 50)]
    [InlineData("1", 1, 1)]
    [InlineData("2", 2, 1)]
    public void A_scale_is_a_fraction_or_a_whole_number(string text, long numerator, long denominator) =>
        ScenarioScale.Parse(text).ShouldBe((numerator, denominator));

    [Theory]
    [InlineData("0")]
    [InlineData("1/0")]
    [InlineData("0.02")]
    [InlineData("1/2/3")]
    public void Anything_else_is_an_error_that_says_what_to_give(string text) =>
        Should.Throw<FormatException>(() => ScenarioScale.Parse(text)).Message.ShouldContain("KRAKENDB_SCENARIO_SCALE");
}
