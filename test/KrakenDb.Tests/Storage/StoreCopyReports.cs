using Shouldly;

namespace KrakenDb.Tests.Storage;

internal static class StoreCopyReports
{
    public static void ShouldBeSame(this StoreCopyReport report)
    {
        report.Checks.ShouldAllBe(check => check.Verdict == CopyVerdict.Same, report.Story());
        report.Checks.Select(check => check.Table).Distinct(StringComparer.Ordinal).ShouldBe(StoreTables.All.Select(table => table.Name), ignoreOrder: true, customMessage: "Every table has rows in these tests.");
    }

    public static string Story(this StoreCopyReport report) => string.Join('\n', report.Checks);
}
